// Mail by SMTP, where it is configured. One connection a mail, with limits of its own; never within a transaction.

import { isIP } from 'node:net';
import type { Config } from './config.ts';

export type Mail = { readonly to: string; readonly subject: string; readonly text: string };

/** `refused`: this mail will never be taken; `later`: not now, which says nothing of others. */
export type MailOutcome = 'taken' | 'refused' | 'later';

export type Mailer = {
  /** Hands the mail to the server. Throws where the server takes no mails of ours now. */
  readonly send: (mail: Mail) => Promise<MailOutcome>;
};

/** Together below the 5 s that a request waits. */
const CONNECT_TIMEOUT_MS = 2000;
const SILENCE_TIMEOUT_MS = 4000;

/** Where mails come from if nobody says: an address at the service's own name. */
function defaultSender(public_url: string): string {
  const { hostname } = new URL(public_url);
  const is_address = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  return `no-reply@${is_address ? 'localhost' : hostname}`;
}

/**
 * What the server says of this recipient or this content (RFC 5321: 4yz, 5yz), or the library of an address that cannot be written to
 * a server at all. Null: it is not about this mail; so is what is said of the sender, who is the same in all of them.
 */
function outcomeOf(error: unknown): Exclude<MailOutcome, 'taken'> | null {
  const { code, command, responseCode } = error as { code?: unknown; command?: unknown; responseCode?: unknown };
  const is_of_mail = (code === 'EENVELOPE' || code === 'EMESSAGE') && command !== 'MAIL FROM';
  if (!is_of_mail) return null;
  if (command === 'API') return 'refused';
  if (typeof responseCode !== 'number' || responseCode < 400 || responseCode >= 600) return null;
  return responseCode >= 500 ? 'refused' : 'later';
}

/** Null where no server is configured. */
export function createMailer(config: Pick<Config, 'smtp_url' | 'mail_from' | 'public_url'>): Mailer | null {
  const { smtp_url: url } = config;
  if (url === null) return null;
  // Loaded only where mails are sent: it is a twentieth of a start.
  const transport = import('nodemailer').then(({ createTransport }) =>
    createTransport({
      url,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      dnsTimeout: CONNECT_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    }),
  );
  const from = { name: 'Gatehouse', address: config.mail_from ?? defaultSender(config.public_url) };
  return {
    send: async ({ to, subject, text }) => {
      try {
        // An address as an object is one address, whatever characters it has.
        await (await transport).sendMail({ from, to: { name: '', address: to }, subject, text });
        return 'taken';
      } catch (error) {
        const outcome = outcomeOf(error);
        if (outcome === null) throw error;
        return outcome;
      }
    },
  };
}
