// A job: what people were told is mailed to them, where mail can be sent. At least once; the server that takes a mail twice is
// one that did not answer the first time.

import { type DueMail, dropDueMails, settleMail, takeDueMail } from '../../db/notifications.ts';
import type { Deps } from '../../deps.ts';
import { headline, sentence } from '../../domain/notification.ts';
import type { Mailer } from '../../mailer.ts';

/** What is left after so many waits for the next turn. */
const MAILS_PER_RUN_MAX = 1000;

function textOf(mail: DueMail, public_url: string): string {
  return [
    `Hello ${mail.login},`,
    '',
    sentence(mail.told),
    '',
    `You are told because it is yours, at ${public_url}. The list of what you were told: GET ${public_url}/user/notifications`,
    '',
  ].join('\n');
}

async function send(deps: Deps, mailer: Mailer, mail: DueMail): Promise<void> {
  const { notification_id, address, told } = mail;
  if (address === null) return settleMail(deps.db, notification_id, null);
  const subject = `[Gatehouse] ${headline(told)}`;
  const outcome = await mailer.send({ to: address, subject, text: textOf(mail, deps.config.public_url) });
  if (outcome === 'later') {
    deps.log.warn({ notification_id }, 'a mail was not taken now; it is tried again');
    return;
  }
  if (outcome === 'refused') deps.log.warn({ notification_id }, 'a mail was refused; it is not tried again');
  await settleMail(deps.db, notification_id, outcome === 'taken' ? deps.clock() : null);
}

/**
 * Sends what is due, each by one node. A server that takes no mails ends the run, one that does not take this mail does not: nobody
 * waits for somebody else's mailbox. Each is tried again for a day. @rule T2, L3
 */
export async function sendMails(deps: Deps, stopping: AbortSignal): Promise<void> {
  if (deps.mailer === null) return dropDueMails(deps.db);
  for (let count = 0; count < MAILS_PER_RUN_MAX && !stopping.aborted; count += 1) {
    const mail = await takeDueMail(deps.db, deps.clock());
    if (mail === undefined) return;
    await send(deps, deps.mailer, mail);
  }
}
