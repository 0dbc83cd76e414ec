// Findings for people: what was found, what it means, what to do.

import type { Finding } from '../../use-cases/installation/finding.ts';

export function findingLines(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap(({ id, severity, found, means, advice }) => [
    `${severity.padEnd(7)}  ${found} [${id}]`,
    `         means: ${means}.`,
    `         do:    ${advice}.`,
  ]);
}
