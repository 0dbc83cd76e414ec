// A fault: the world failed (storage unreachable, too slow, full). No decision and no refusal is made from it: the answer
// is 503 with Retry-After, and the cause is for the operator's log only (rule F3).

export class StorageUnavailable extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'StorageUnavailable';
  }
}
