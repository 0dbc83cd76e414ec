// Which of the database's answers mean that the world failed, and which that a statement was wrong.
import pg from 'pg';
import t from 'tap';
import { isSerializationFailure, sqlstate, toFault } from '../../src/db/sqlstate.ts';
import { StorageUnavailable } from '../../src/domain/fault.ts';

function databaseError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('of a test', 0, 'error'), { code });
}

const FAULTS = [
  '08006',
  '08P01',
  '40001',
  '40P01',
  '53100',
  '53300',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '58030',
  '55P03',
  '25006',
];
for (const code of [...FAULTS, 'XX001', '28P01', '3D000']) {
  t.test(`${code} is a fault`, async (t) => {
    const error = databaseError(code);
    const fault = toFault(error);
    t.type(fault, StorageUnavailable);
    t.match(fault, { cause: error });
    t.equal(sqlstate(fault), code);
  });
}

for (const code of ['23505', '23503', '23514', '22P02', '42601', '42P01']) {
  t.test(`${code} is the statement's own`, async (t) => {
    const error = databaseError(code);
    t.equal(toFault(error), error);
  });
}

t.test('errors of the connection are faults, whatever they are called', async (t) => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'ETIMEDOUT', undefined]) {
    t.type(toFault(Object.assign(new Error('of a test'), { code })), StorageUnavailable);
  }
});

t.test('errors of the program are not', async (t) => {
  const bug = new TypeError('of a test');
  t.equal(toFault(bug), bug);
});

t.test('a fault is translated once', async (t) => {
  const fault = new StorageUnavailable(databaseError('57P01'));
  t.equal(toFault(fault), fault);
});

t.test('a lost race is told from other faults', async (t) => {
  t.equal(isSerializationFailure(toFault(databaseError('40001'))), true);
  t.equal(isSerializationFailure(databaseError('40P01')), true);
  t.equal(isSerializationFailure(databaseError('57P01')), false);
  t.equal(isSerializationFailure(new Error('of a test')), false);
});
