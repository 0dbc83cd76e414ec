// What every peer's process does: serve, tell the port (and the process that does the work) to who started it, end with it.

/** `serve` answers `{ port, subjects }`; `subjects`: what may be asked about. */
export async function start(serve) {
  process.on('disconnect', () => process.exit(0));
  process.send(await serve());
}

export function listening(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}
