// The form of `POST /oauth/token` as the exchange is asked (RFC 8693 section 2.1). What is wrong is told in the order in which
// a client would put it right.

import { type Static, Type } from 'typebox';
import { oauthRefusal } from '../domain/refusal.ts';
import type { ExchangeAsk } from '../use-cases/exchange/narrow-subject.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token' as const;
export const JWT = 'urn:ietf:params:oauth:token-type:jwt' as const;

const Text = (description: string) => Type.Optional(Type.String({ description }));
const Texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));

export const ExchangeForm = Type.Object({
  grant_type: Type.String({ description: `\`${TOKEN_EXCHANGE}\``, examples: [TOKEN_EXCHANGE] }),
  subject_token: Text('Required: a live token, or one that was exchanged'),
  subject_token_type: Text(`Required: \`${ACCESS_TOKEN}\``),
  actor_token: Text('A live token of who is to act for the holder'),
  actor_token_type: Text(`With \`actor_token\`: \`${ACCESS_TOKEN}\``),
  requested_token_type: Text(`\`${ACCESS_TOKEN}\`, or \`${JWT}\` (RFC 9068) for at most 15 minutes`),
  scope: Text("As introspection prints it, and nothing that the subject does not hold; absent: the subject's"),
  resource: Texts('`PUBLIC_URL/repos/{owner}/{repo}`; may be repeated; absent: the repositories of the subject'),
  audience: Texts("Of the client's audiences; may be repeated; absent: the audience of the subject"),
  expires_in: Type.Optional(
    Type.String({
      pattern: '^[1-9][0-9]{0,8}$',
      description: 'Seconds. Never more than an hour nor than what is left to the subject, whatever is asked',
      examples: ['600'],
    }),
  ),
  client_id: Text('With `client_secret`, in place of Basic'),
  client_secret: Text('The secret of the client'),
});
type ExchangeForm = Static<typeof ExchangeForm>;

function required(form: ExchangeForm, name: 'subject_token' | 'subject_token_type'): string {
  const value = form[name];
  if (value === undefined) throw oauthRefusal(`The parameter ${name} is required`);
  return value;
}

function requireAccessToken(type: string | undefined, name: string): void {
  if (type !== ACCESS_TOKEN) throw oauthRefusal(`The parameter ${name} has to be ${ACCESS_TOKEN}`);
}

/** What is asked. Refuses: `unsupported_grant_type`, `invalid_request`. */
export function readExchange(form: ExchangeForm): ExchangeAsk {
  if (form.grant_type !== TOKEN_EXCHANGE) {
    throw oauthRefusal(`The only grant type is ${TOKEN_EXCHANGE}`, 'unsupported_grant_type');
  }
  const subject_token = required(form, 'subject_token');
  requireAccessToken(required(form, 'subject_token_type'), 'subject_token_type');
  // RFC 8693 section 2.1: required beside an actor, and only there.
  if (form.actor_token !== undefined || form.actor_token_type !== undefined) {
    if (form.actor_token === undefined) throw oauthRefusal('An actor_token_type is only for an actor_token');
    requireAccessToken(form.actor_token_type, 'actor_token_type');
  }
  const requested = form.requested_token_type ?? ACCESS_TOKEN;
  if (requested !== JWT) requireAccessToken(requested, 'requested_token_type');
  return {
    subject_token,
    actor_token: form.actor_token,
    scope: form.scope,
    resource: form.resource ?? [],
    audience: form.audience ?? [],
    expires_in: form.expires_in === undefined ? undefined : Number(form.expires_in),
    form: requested === JWT ? 'jwt' : 'opaque',
  };
}
