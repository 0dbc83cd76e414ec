// The story that the examples are taken from, from the first sign-in on. Its chapters are files of their own.

import { PEOPLE } from './people.ts';
import { SERVICE } from './service.ts';
import type { Step } from './step.ts';

export const STORY: readonly Step[] = [...SERVICE, ...PEOPLE];
