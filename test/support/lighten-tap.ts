// Loaded before a test file (run-files.ts): tap gets another `async-hook-domain` (tap-domain.ts), and passwords are hashed and keys
// derived quickly. A service that is started as it is does that as ever (main.test.ts).
import { registerHooks } from 'node:module';
import './cheap-keys.ts';
import './cheap-passwords.ts';
import './kept-functions.ts';

const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'async-hook-domain'
      ? { url: new URL('./tap-domain.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
await import('tap');
hooks.deregister();
