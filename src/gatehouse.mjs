#!/usr/bin/env node
// The command `gatehouse` (package.json `bin`): the launcher with the command line as what it starts, so that it runs wherever
// `npm start` does. Plain JavaScript that any Node can parse.
process.argv.splice(2, 0, 'src/cli/gatehouse.ts');
await import('./launch.mjs');
