// A fault: the world failed (the storage cannot be reached, gave up, is full, or answered what cannot be read). No decision
// and no refusal is made from it: the answer is 503 with `Retry-After`. The cause is for the operator's log only (rule F3).

export class StorageUnavailable extends Error {
  constructor(cause: unknown) {
    super('the storage is unavailable', { cause });
    this.name = 'StorageUnavailable';
  }
}
