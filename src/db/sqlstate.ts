// The one place that knows what the driver's errors mean. Codes are compared, never messages.
// Source: PostgreSQL 18, appendix A (error codes).
import pg from 'pg';
import { StorageUnavailable } from '../domain/fault.ts';

/** Classes that say that the world failed: connection, resources, operator, system, internal, transaction to be tried again. */
const FAULT_CLASSES = new Set(['08', '40', '53', '57', '58', 'F0', 'XX']);

/** Single codes: a lock that did not come in time; a standby, or a transaction that may not write; broken transaction states. */
const FAULT_CODES = new Set(['55P03', '25006', '25P02', '25P03', '25P04', '28000', '28P01', '3D000']);

/** Whether two rows would have been the same. With a constraint: whether it was that one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return isViolation(error, '23505', constraint);
}

/** Whether a row would have pointed to nothing, or something still points to it. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return isViolation(error, '23503', constraint);
}

/** Whether a statement was refused for its data, by a constraint or by a value that cannot be, and another one might not be. */
export function isRefusedData(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(22|23|21000)/.test(error.code ?? '');
}

/** Whether the transaction lost against another one and may simply be tried again. */
export function isSerializationFailure(error: unknown): boolean {
  const code = sqlstate(error);
  return code === '40001' || code === '40P01';
}

/** Whether a lock did not come in time. */
export function isLockedByOthers(error: unknown): boolean {
  return sqlstate(error) === '55P03';
}

/**
 * What an error of the driver is: `StorageUnavailable` where the world failed, and the error itself where a statement was wrong
 * (a violated constraint, a bug). The driver's own errors, without a code of the database, are all about the connection.
 */
export function toFault(error: unknown): unknown {
  if (error instanceof StorageUnavailable) return error;
  if (error instanceof pg.DatabaseError) return isFaultCode(error.code ?? '') ? new StorageUnavailable(error) : error;
  const isBug = !(error instanceof Error) || error instanceof TypeError || error instanceof RangeError;
  return isBug ? error : new StorageUnavailable(error);
}

/** The five characters of the database, also through `StorageUnavailable`; undefined for an error that is not of the database. */
export function sqlstate(error: unknown): string | undefined {
  const original = error instanceof StorageUnavailable ? error.cause : error;
  return original instanceof pg.DatabaseError ? original.code : undefined;
}

function isViolation(error: unknown, code: string, constraint: string | undefined): boolean {
  if (!(error instanceof pg.DatabaseError) || error.code !== code) return false;
  return constraint === undefined || error.constraint === constraint;
}

function isFaultCode(code: string): boolean {
  return FAULT_CLASSES.has(code.slice(0, 2)) || FAULT_CODES.has(code);
}
