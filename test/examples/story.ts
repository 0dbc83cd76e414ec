// The story that the examples are taken from, from the first sign-in on. Its chapters are files of their own.

import { APPROVAL } from './approval.ts';
import { AUDIT } from './audit.ts';
import { BACKEND } from './backend.ts';
import { CATALOGUE } from './catalogue.ts';
import { DIRECTORY, DIRECTORY_END } from './directory.ts';
import { ENDS } from './ends.ts';
import { ENFORCEMENT } from './enforcement.ts';
import { IMPORT } from './import.ts';
import { PEOPLE } from './people.ts';
import { POLICIES } from './policies.ts';
import { SERVICE } from './service.ts';
import { SINGLE_SIGN_ON } from './single-sign-on.ts';
import type { Step } from './step.ts';
import { TOKENS_END, TOKENS_STORY } from './tokens.ts';
import { USAGE } from './usage.ts';
import { WEBHOOKS } from './webhooks.ts';

export const STORY: readonly Step[] = [
  ...SERVICE,
  ...PEOPLE,
  ...POLICIES,
  ...DIRECTORY,
  ...TOKENS_STORY,
  ...ENFORCEMENT,
  ...BACKEND,
  ...USAGE,
  ...CATALOGUE,
  ...AUDIT,
  ...SINGLE_SIGN_ON,
  ...APPROVAL,
  ...TOKENS_END,
  ...ENDS,
  ...WEBHOOKS,
  ...DIRECTORY_END,
  ...IMPORT,
];
