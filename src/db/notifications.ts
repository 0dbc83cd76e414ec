// What people are told, and the mails that say so too. SQL only.

import { type Kysely, sql } from 'kysely';
import { type News, NOTIFICATION_TYPES, type NotificationType, type Told } from '../domain/notification.ts';
import type { TokenKind } from '../domain/vocabulary.ts';
import { clockAhead } from './clock-ahead.ts';
import type { Database } from './schema.ts';

/** PostgreSQL takes 65,535 values a statement, a notification has nine. */
const ROWS_PER_STATEMENT_MAX = 5000;

/** Tells all this, in the transaction of what happened; the mails are due at once. */
export async function insertNotifications(db: Kysely<Database>, news: readonly News[]): Promise<void> {
  const rows = news.map(({ user_id, type, token, ...said }) => ({
    ...{ user_id, type },
    token_id: token?.id ?? null,
    token_name: token?.name ?? null,
    token_kind: token?.kind ?? null,
    organization: said.organization ?? null,
    reason: said.reason ?? null,
    days_left: said.days_left ?? null,
    expires_at: said.expires_at ?? null,
  }));
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT_MAX) {
    await db
      .insertInto('notifications')
      .values(rows.slice(from, from + ROWS_PER_STATEMENT_MAX))
      .execute();
  }
}

export type NotificationRow = Told & {
  readonly id: number;
  readonly created_at: Date;
  readonly token_id: number | null;
};

const TOLD_COLUMNS = ['type', 'token_name', 'token_kind', 'organization', 'reason', 'days_left', 'expires_at'] as const;
type ToldRow = Omit<Told, 'type' | 'token_kind'> & { readonly type: string; readonly token_kind: string | null };

/** The check constraints of the table have the same closed lists. */
function toTold(row: ToldRow): Pick<Told, 'type' | 'token_kind'> {
  const type: NotificationType | undefined = NOTIFICATION_TYPES.find((each) => each === row.type);
  if (type === undefined) throw new Error(`a notification of the unknown type \`${row.type}\``);
  const kinds: readonly TokenKind[] = ['classic', 'fine_grained'];
  return { type, token_kind: kinds.find((each) => each === row.token_kind) ?? null };
}

/** A page of what a person was told, the newest first, and one row more where there are more. */
export async function listNotifications(
  db: Kysely<Database>,
  page: { readonly user_id: number; readonly limit: number; readonly offset: number },
): Promise<readonly NotificationRow[]> {
  const rows = await db
    .selectFrom('notifications')
    .select(['id', 'created_at', 'token_id', ...TOLD_COLUMNS])
    .where('user_id', '=', page.user_id)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .offset(page.offset)
    .execute();
  return rows.map((row) => ({ ...row, ...toTold(row) }));
}

export type DueMail = {
  readonly notification_id: number;
  readonly login: string;
  /** Null: the person has no address of which it is known that it is his. */
  readonly address: string | null;
  readonly told: Told;
};

/** Seconds until the next attempt after each one that failed; then hourly, and a day after the first no more. */
const RETRY_SECONDS = [60, 300, 1800] as const;
const RETRY_SECONDS_LATER = 3600;
const ATTEMPTS_MAX = 26;

/**
 * Takes the mail that is due longest; undefined: none is. Until the next attempt it belongs to who took it: should he die, it
 * is sent by another then, and nobody sends it meanwhile.
 */
export async function takeDueMail(db: Kysely<Database>, now: Date): Promise<DueMail | undefined> {
  type Row = ToldRow & { id: number; login: string; email: string; email_verified: boolean };
  const { rows } = await sql<Row>`
    with taken as (
      update notifications set mail_attempts = mail_attempts + 1,
        mail_due_at = case when mail_attempts + 1 < ${ATTEMPTS_MAX}::int then ${clockAhead(now)}
          + make_interval(secs => coalesce((${[...RETRY_SECONDS]}::int[])[mail_attempts + 1], ${RETRY_SECONDS_LATER}))
        end
      where id = (
        select id from notifications where mail_due_at <= ${clockAhead(now)}
        order by mail_due_at, id limit 1 for update skip locked)
      returning id, user_id, ${sql.join(TOLD_COLUMNS.map((column) => sql.ref(column)))}
    )
    select taken.*, account.login, person.email, person.email_verified
    from taken
    join users person on person.id = taken.user_id
    join accounts account on account.id = person.id`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { id, login, email, email_verified, ...told } = row;
  return { notification_id: id, login, address: email_verified ? email : null, told: { ...told, ...toTold(told) } };
}

/** No mail is sent any more: it has been (`mailed_at`), or cannot be (null). */
export async function settleMail(db: Kysely<Database>, id: number, mailed_at: Date | null): Promise<void> {
  await db.updateTable('notifications').set({ mail_due_at: null, mailed_at }).where('id', '=', id).execute();
}

/** Where no mail can be sent, none waits for the day on which it could. */
export async function dropDueMails(db: Kysely<Database>): Promise<void> {
  await db.updateTable('notifications').set({ mail_due_at: null }).where('mail_due_at', 'is not', null).execute();
}
