// A message to a hook as it is read back.

import type { HookMessage } from '../../domain/hook-message.ts';

type Stored = { readonly event: string; readonly action: string | null; readonly data: unknown };

/** The message. It is written by this service only (tell-hooks.ts, ping-message.ts), in this form. */
export function storedMessage({ event, action, data }: Stored): HookMessage {
  return { event, action, data } as HookMessage;
}
