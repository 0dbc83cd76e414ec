// Whether the settings are safe towards the network: who reaches the service, whom it reaches, and who reads on the way.

import type { SettingsCheck, SettingsFacts } from './settings-facts.ts';

const METRICS_TOKEN_CHARACTERS_MIN = 20;
const CERTIFICATE_DAYS_EARLY = 21;
/** Of an address: a range with fewer bits fixed holds too many to know them. */
const BITS_MIN = { ipv4: 8, ipv6: 32 } as const;

const isWide = (range: string) => {
  const [address = '', bits] = range.split('/');
  return bits !== undefined && Number(bits) < (address.includes(':') ? BITS_MIN.ipv6 : BITS_MIN.ipv4);
};
const isMetadata = (range: string) => /^169\.254\.|^fe80:/i.test(range);
const is_https = ({ public_url }: SettingsFacts) => public_url.startsWith('https:');

export const NETWORK_CHECKS: readonly SettingsCheck[] = [
  {
    id: 'http_in_clear',
    severity: 'severe',
    find: (facts) =>
      !is_https(facts) && !facts.public_host_is_loopback ? `\`PUBLIC_URL\` is ${facts.public_url}, without TLS` : null,
    means: 'Tokens and passwords cross the network where everybody on the way reads them',
    advice: 'Set TLS_CERT_FILE and TLS_KEY_FILE, or end TLS in a proxy, and begin PUBLIC_URL with https',
  },
  {
    id: 'certificate_ended',
    severity: 'severe',
    find: ({ certificate }) => (certificate !== null && certificate.days_left < 0 ? 'The certificate has ended' : null),
    means: 'Clients refuse to connect',
    advice: 'Renew TLS_CERT_FILE; it is taken up within 10 s',
  },
  {
    id: 'certificate_ends',
    severity: 'warning',
    find: ({ certificate }) =>
      certificate !== null && certificate.days_left >= 0 && certificate.days_left < CERTIFICATE_DAYS_EARLY
        ? `The certificate ends in ${certificate.days_left} days`
        : null,
    means: 'Then clients refuse to connect',
    advice: 'Renew TLS_CERT_FILE; it is taken up within 10 s',
  },
  {
    id: 'proxy_not_trusted',
    severity: 'warning',
    find: (facts) =>
      is_https(facts) && !facts.speaks_tls && facts.trusted_proxies.length === 0
        ? '`PUBLIC_URL` is https, the service speaks plain HTTP, and no proxy is trusted'
        : null,
    means:
      'Every caller seems to come from the proxy: bad credentials of one lock out all, and the record has its address',
    advice: 'Set TRUSTED_PROXIES to the addresses of the proxy',
  },
  {
    id: 'proxies_too_wide',
    severity: 'warning',
    find: ({ trusted_proxies }) => {
      const wide = trusted_proxies.filter(isWide);
      return wide.length === 0 ? null : `\`TRUSTED_PROXIES\` has ${wide.join(', ')}`;
    },
    means: 'Whoever is in that range says himself from which address he comes, past every limit by address',
    advice: 'Name the proxies, or their network',
  },
  {
    id: 'outbound_too_wide',
    severity: 'warning',
    find: ({ outbound_allow }) => {
      const wide = outbound_allow.filter((range) => isWide(range) || isMetadata(range));
      return wide.length === 0 ? null : `\`OUTBOUND_ALLOW\` has ${wide.join(', ')}`;
    },
    means: 'Owners of organizations can have the service call machines there, also the metadata service of a cloud',
    advice: 'Name the receivers, one by one',
  },
  {
    id: 'cors_in_clear',
    severity: 'warning',
    find: ({ cors_origins }) => {
      const open = cors_origins.filter((origin) => origin.startsWith('http:') && !/\/\/(localhost|127\.)/.test(origin));
      return open.length === 0 ? null : `\`CORS_ORIGINS\` has ${open.join(', ')}`;
    },
    means: 'Who is on the way to such a page can put a script into it that reads what the service answers',
    advice: 'Allow https only',
  },
  {
    id: 'metrics_behind_proxy',
    severity: 'warning',
    find: (facts) =>
      facts.host_is_loopback && !facts.public_host_is_loopback && facts.metrics_token_characters === null
        ? '`/metrics` is open on loopback, and a proxy brings others there'
        : null,
    means: 'Whoever reaches the proxy reads how much is denied, and why',
    advice: 'Set METRICS_TOKEN, and do not let the proxy pass /metrics',
  },
  {
    id: 'metrics_token_short',
    severity: 'warning',
    find: ({ metrics_token_characters: count }) =>
      count !== null && count < METRICS_TOKEN_CHARACTERS_MIN ? `\`METRICS_TOKEN\` has ${count} characters` : null,
    means: 'It can be guessed',
    advice: 'openssl rand -base64 24',
  },
  {
    id: 'smtp_in_clear',
    severity: 'warning',
    find: ({ smtp_in_clear }) => (smtp_in_clear ? '`SMTP_URL` is smtp: with a password, to another machine' : null),
    means: 'Who is on the way can keep STARTTLS from being offered, and reads password and codes',
    advice: 'Use smtps:, where the server has it',
  },
];
