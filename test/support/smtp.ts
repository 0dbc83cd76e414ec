// A real SMTP server for tests: it keeps the mails that it takes, and refuses what it is told to.

import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { Test } from 'tap';

export interface TakenMail {
  readonly to: readonly string[];
  readonly from: string;
  /** As it came over the line, with its headers. */
  readonly raw: string;
  readonly subject: string;
}

export interface SmtpServer {
  readonly url: string;
  readonly mails: TakenMail[];
  /** What it answers from now on: takes mails, refuses recipients for good, takes nothing now, or nothing from this sender ever. */
  answer: 'takes' | 'refuses' | 'later' | 'refuses the sender';
  /** Recipients for whom it asks to come again later, whatever it does for others. */
  readonly postponed: Set<string>;
}

function refusal(responseCode: number): Error {
  return Object.assign(new Error('not now'), { responseCode });
}

/** Listens on a free port of this machine until the end of the test. */
export async function startSmtp(t: Test): Promise<SmtpServer> {
  const mails: TakenMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onMailFrom(_address, _session, done) {
      if (smtp.answer === 'refuses the sender') return done(refusal(550));
      return smtp.answer === 'later' ? done(refusal(451)) : done();
    },
    onRcptTo({ address }, _session, done) {
      if (smtp.answer === 'refuses') return done(refusal(550));
      return smtp.postponed.has(address) ? done(refusal(452)) : done();
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const raw = Buffer.concat(parts).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        const subject = /^Subject: (.*(?:\r\n[ \t].*)*)/m.exec(raw)?.[1]?.replace(/\r\n[ \t]/g, ' ') ?? '';
        mails.push({ to: rcptTo.map((each) => each.address), from, raw, subject });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const smtp: SmtpServer = { url: `smtp://127.0.0.1:${port}`, mails, answer: 'takes', postponed: new Set() };
  return smtp;
}

/** The text of a mail as its reader sees it. */
export function textOf({ raw }: TakenMail): string {
  const [, body = ''] = raw.split(/\r\n\r\n(.*)/s);
  if (!/^Content-Transfer-Encoding: quoted-printable/im.test(raw)) return body;
  return body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
