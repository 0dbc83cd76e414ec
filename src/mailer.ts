// Mail by SMTP, where it is configured. One connection a mail, with limits of its own; never within a transaction.

import { isIP } from 'node:net';
import type { Config } from './config.ts';

export type Mail = { readonly to: string; readonly subject: string; readonly text: string };

export type Mailer = {
  /** Hands the mail to the server. False: it refuses this mail for good. Throws where the server does not take mails now. */
  readonly send: (mail: Mail) => Promise<boolean>;
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

/** Refusals of the recipient or the content (5xx, RFC 5321) after the server has let us in. */
function isFinal(error: unknown): boolean {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const is_refusal = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
  return is_refusal && (code === 'EENVELOPE' || code === 'EMESSAGE');
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
        return true;
      } catch (error) {
        if (isFinal(error)) return false;
        throw error;
      }
    },
  };
}
