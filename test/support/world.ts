// People, organizations and repositories for tests, written straight into the tables: what is under test goes through HTTP,
// what it needs is here. Every builder answers what its caller has to refer to.

import bcrypt from 'bcrypt';
import type { InjectOptions } from 'fastify';
import type { Kysely } from 'kysely';
import type { Database } from '../../src/db/schema.ts';
import type { Deps } from '../../src/deps.ts';
import type { Capability, Role, Visibility } from '../../src/domain/vocabulary.ts';
import { digestOf, newClientId, newText } from '../../src/secrets.ts';
import { startSession } from '../../src/use-cases/people/open-session.ts';

export interface Named {
  readonly id: number;
  readonly login: string;
}

export interface WorldRepository {
  readonly id: number;
  readonly name: string;
  readonly full_name: string;
}

type PersonOptions = { email_verified?: boolean; site_admin?: boolean; suspended?: boolean; password_hash?: string };
type PolicyOptions = {
  fine_grained_tokens?: 'allowed' | 'restricted';
  classic_tokens?: 'allowed' | 'restricted';
  approval?: 'required' | 'not_required';
  max_lifetime_days_fine_grained?: number | null;
  max_lifetime_days_classic?: number | null;
  lifetime_applies_to_public_reads?: boolean;
};

/** A password as it is stored, but made, and so compared, as quickly as bcrypt can. */
export function quickHash(password: string): Promise<string> {
  return bcrypt.hash(password, 4);
}

/** Builders over one application's database. */
export function worldOf(deps: Deps) {
  const { db } = deps;

  async function person(login: string, options: PersonOptions = {}): Promise<Named> {
    const { id } = await account(db, 'User', login);
    const { email_verified = true, site_admin = false, suspended = false, password_hash = null } = options;
    const suspended_at = suspended ? deps.clock() : null;
    const email = `${login}@example.test`;
    await db
      .insertInto('users')
      .values({ id, email, email_verified, site_admin, suspended_at, password_hash })
      .execute();
    return { id, login };
  }

  /** The text of a new session of this person. */
  async function session(of: Named): Promise<string> {
    return (await startSession(deps, of)).token;
  }

  /** An organization whose fine-grained tokens are allowed without approval, unless the policy says otherwise. */
  async function organization(login: string, owner: Named, policy: PolicyOptions = {}): Promise<Named> {
    const { id } = await account(db, 'Organization', login);
    await db.insertInto('organizations').values({ id }).execute();
    await db
      .insertInto('organization_token_policies')
      .values({ organization_id: id, fine_grained_tokens: 'allowed', approval: 'not_required', ...policy })
      .execute();
    await member({ id, login }, owner, 'admin');
    return { id, login };
  }

  async function member(of: Named, user: Named, role: 'admin' | 'member' = 'member'): Promise<void> {
    await db.insertInto('memberships').values({ organization_id: of.id, user_id: user.id, role }).execute();
  }

  async function setPolicy(of: Named, policy: PolicyOptions): Promise<void> {
    await db.updateTable('organization_token_policies').set(policy).where('organization_id', '=', of.id).execute();
  }

  async function enterprise(
    slug: string,
    organizations: readonly Named[],
    admins: readonly Named[] = [],
  ): Promise<Named> {
    const { id } = await db
      .insertInto('enterprises')
      .values({ slug, name: slug })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db.insertInto('enterprise_token_policies').values({ enterprise_id: id }).execute();
    for (const each of organizations) {
      await db.updateTable('organizations').set({ enterprise_id: id }).where('id', '=', each.id).execute();
    }
    for (const each of admins) {
      await db.insertInto('enterprise_administrators').values({ enterprise_id: id, user_id: each.id }).execute();
    }
    return { id, login: slug };
  }

  async function repository(owner: Named, name: string, visibility: Visibility = 'private'): Promise<WorldRepository> {
    const { id } = await db
      .insertInto('repositories')
      .values({ owner_id: owner.id, name, visibility })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { id, name, full_name: `${owner.login}/${name}` };
  }

  async function collaborator(on: WorldRepository, user: Named, role: Role): Promise<void> {
    await db.insertInto('collaborators').values({ repository_id: on.id, user_id: user.id, role }).execute();
  }

  /** A team with these members, and its role on these repositories. */
  async function team(
    of: Named,
    slug: string,
    members: readonly Named[] = [],
    given: readonly { readonly on: WorldRepository; readonly role: Role }[] = [],
  ): Promise<{ readonly id: number; readonly slug: string }> {
    const { id } = await db
      .insertInto('teams')
      .values({ organization_id: of.id, name: slug, slug })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const each of members) {
      await db.insertInto('team_members').values({ team_id: id, user_id: each.id }).execute();
    }
    for (const { on, role } of given) {
      await db.insertInto('team_repositories').values({ team_id: id, repository_id: on.id, role }).execute();
    }
    return { id, slug };
  }

  /** `client_id:secret` in Basic form, ready as an `Authorization` header. */
  async function client(
    capabilities: readonly Capability[],
    organizations: readonly Named[] | 'all' = 'all',
    audiences: readonly string[] = [],
  ) {
    const client_id = newClientId();
    const secret = newText('client', deps.config.token_prefix);
    const { id } = await db
      .insertInto('clients')
      .values({
        client_id,
        name: 'test',
        capabilities: [...capabilities],
        audiences: [...audiences],
        organizations: organizations === 'all' ? 'all' : 'listed',
        created_at: deps.clock(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db
      .insertInto('client_secrets')
      .values({ digest: digestOf(secret), client_id: id, created_at: deps.clock() })
      .execute();
    for (const each of organizations === 'all' ? [] : organizations) {
      await db.insertInto('client_organizations').values({ client_id: id, organization_id: each.id }).execute();
    }
    return { client_id, secret, authorization: `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64')}` };
  }

  return { person, session, organization, member, setPolicy, enterprise, repository, collaborator, team, client };
}

function account(db: Kysely<Database>, type: 'User' | 'Organization', login: string): Promise<{ id: number }> {
  return db.insertInto('accounts').values({ type, login }).returning('id').executeTakeFirstOrThrow();
}

export interface WorldToken {
  readonly id: number;
  readonly token: string;
  readonly state: string;
  readonly hashed_token: string;
}
type Inject = (request: InjectOptions) => Promise<{ readonly statusCode: number; readonly body: string }>;
type ClassicAsk = { readonly name?: string; readonly scopes?: readonly string[]; readonly [member: string]: unknown };
type FineGrainedAsk = {
  readonly name?: string;
  readonly resource_owner?: string;
  readonly repository_selection?: 'none' | 'all' | 'subset';
  readonly repositories?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
};

/** Tokens made through the API by a session of their holder; names are their own where none is given. */
export function tokensOf({ inject }: { readonly inject: Inject }) {
  let made = 0;

  async function create(session: string, payload: Readonly<Record<string, unknown>>): Promise<WorldToken> {
    made += 1;
    const answer = await inject({
      method: 'POST',
      url: '/user/personal-access-tokens',
      headers: bearer(session),
      payload: { name: `token ${made}`, ...payload },
    });
    if (answer.statusCode !== 201) throw new Error(`no token was made: ${answer.statusCode} ${answer.body}`);
    return JSON.parse(answer.body) as WorldToken;
  }

  return {
    classicToken: (session: string, ask: ClassicAsk = {}) => create(session, { kind: 'classic', ...ask }),
    fineGrainedToken: (session: string, ask: FineGrainedAsk = {}) => create(session, { kind: 'fine_grained', ...ask }),
  };
}

/** The `Authorization` header of a token or session. */
export function bearer(text: string): { authorization: string } {
  return { authorization: `Bearer ${text}` };
}
