import fc from 'fast-check';
import pg from 'pg';
import t from 'tap';
import { LENIENT_TYPES, readLenientInstant } from '../../src/db/lenient-types.ts';
import { createDatabase } from '../support/database.ts';

const { TIMESTAMPTZ } = pg.types.builtins;
const read = LENIENT_TYPES.getTypeParser(TIMESTAMPTZ) as (text: string) => Date;
const readByDriver = pg.types.getTypeParser(TIMESTAMPTZ) as (text: string) => Date | number;

t.test('instants are read as the driver reads them', async (t) => {
  const { pool } = await createDatabase(t);
  const moments = fc.sample(
    fc.tuple(
      fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
      fc.nat(999),
    ),
    500,
  );
  const texts = moments.map(([moment, micros]) =>
    moment.toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`),
  );
  const edges = [
    '10000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '0044-03-15 00:00:00+00 BC',
    '2027-03-19T00:00:00.000001Z',
  ];
  for (const zone of ['UTC', 'Asia/Kolkata']) {
    const { rows } = await pool.query(
      `select set_config('timezone', $2, true), each::text as printed, to_json(each) as json from unnest($1::timestamptz[]) each`,
      [[...texts, ...edges], zone],
    );
    for (const { printed, json } of rows) {
      t.same(read(printed), readByDriver(printed), printed);
      t.same(readLenientInstant(json), readByDriver(printed), json);
    }
  }
});

t.test('F3: what no Date can hold is no instant, not an error', async (t) => {
  for (const text of ['infinity', '-infinity', '294276-12-31 23:59:59+00', 'nonsense']) {
    t.ok(Number.isNaN(read(text).getTime()), text);
    t.ok(Number.isNaN(readLenientInstant(text).getTime()), text);
  }
});
