// One connection on which the database tells of commits is enough for a machine (a hundred of them slow down every commit): the parent
// has it and passes on that there is something new, and no more. Each worker reads by itself what it is, and confirms by itself that
// there is nothing more: how fresh it is rests on its own reads alone, and a wake-up that is lost costs some milliseconds.

import type { ChangeFeed, FeedEvents, FeedParts } from '../db/change-feed.ts';
import { typeOf } from './messages.ts';

type OpenFeed = (parts: FeedParts, events: FeedEvents) => Promise<ChangeFeed>;

/** For the parent: as `open`, and the workers are woken too. */
export function wakingOthers(open: OpenFeed, wake: () => void): OpenFeed {
  return (parts, events) =>
    open(parts, {
      ...events,
      onWake: () => {
        wake();
        events.onWake();
      },
    });
}

/** For a worker: as `open`, but it is the parent that wakes. */
export function wokenByParent(open: OpenFeed, channel: NodeJS.EventEmitter): OpenFeed {
  return async (parts, events) => {
    const feed = await open({ ...parts, is_told: false }, events);
    const onMessage = (message: unknown): void => {
      if (typeOf(message) === 'wake') events.onWake();
    };
    channel.on('message', onMessage);
    return {
      ...feed,
      close: () => {
        channel.off('message', onMessage);
        feed.close();
      },
    };
  };
}
