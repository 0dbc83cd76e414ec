// Loaded before a test file (run-files.ts): tap gets another `async-hook-domain` (tap-domain.ts), and passwords are hashed quickly. Real
// processes of the service hash them as ever (main.test.ts).
import { registerHooks } from 'node:module';
import './cheap-passwords.ts';

const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'async-hook-domain'
      ? { url: new URL('./tap-domain.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
await import('tap');
hooks.deregister();
