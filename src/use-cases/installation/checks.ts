// All checks of `gatehouse doctor`, and what they find.

import type { DatabaseFacts } from './database-facts.ts';
import { DURABILITY_CHECKS } from './durability-checks.ts';
import { EXPOSURE_CHECKS } from './exposure-checks.ts';
import { type Finding, judge } from './finding.ts';
import { NETWORK_CHECKS } from './network-checks.ts';
import { NODE_CHECKS } from './node-checks.ts';
import { SECRETS_CHECKS } from './secrets-checks.ts';
import type { SettingsFacts } from './settings-facts.ts';
import { SPEED_CHECKS } from './speed-checks.ts';
import { WORK_CHECKS } from './work-checks.ts';

export const DATABASE_CHECKS = [...DURABILITY_CHECKS, ...SPEED_CHECKS, ...EXPOSURE_CHECKS, ...WORK_CHECKS];
export const SETTINGS_CHECKS = [...NETWORK_CHECKS, ...SECRETS_CHECKS, ...NODE_CHECKS];

export const judgeDatabase = (facts: DatabaseFacts): readonly Finding[] => judge(DATABASE_CHECKS, facts);
export const judgeSettings = (facts: SettingsFacts): readonly Finding[] => judge(SETTINGS_CHECKS, facts);
