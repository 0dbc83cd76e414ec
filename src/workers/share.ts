// What one process has of what the settings give to the service on this machine: connections and memory are divided.

import type { Config } from '../config.ts';
import { CONNECTIONS_MIN } from '../setting-values.ts';

function connectionsOfWorker({ database_connections_max, workers }: Config): number {
  return Math.floor((database_connections_max - CONNECTIONS_MIN) / workers);
}

/** A worker's. */
export function shareOfWorker(config: Config): Config {
  return {
    ...config,
    database_connections_max: connectionsOfWorker(config),
    cache_bytes_max: Math.floor(config.cache_bytes_max / config.workers),
  };
}

/** The parent's: it answers nobody and has jobs only. */
export function shareOfParent(config: Config): Config {
  const { database_connections_max, workers } = config;
  return {
    ...config,
    database_connections_max: database_connections_max - workers * connectionsOfWorker(config),
    cache_bytes_max: 0,
    database_replica_url: null,
  };
}
