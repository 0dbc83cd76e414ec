// A process that makes load (asking.ts). Takes one order after the other from the process that started it, and ends with it.

import { readFileSync } from 'node:fs';
import { type Ask, createLoad, type Order } from './asking.ts';

const [file = '', share = '0', shares = '1'] = process.argv.slice(2);
const all = JSON.parse(readFileSync(file, 'utf8')) as Ask[];
// Every process asks about subjects of its own, so that what is asked for the first time is.
const load = createLoad(all.filter((_, index) => index % Number(shares) === Number(share)));

process.on('disconnect', () => process.exit(0));
process.on('message', async (order: Order) => {
  process.send?.(await load(order));
});
