// Where clients find out what can be asked (AuthZEN section 9; OAuth: oauth-metadata.ts). Only endpoints that exist are named, and
// every address is made of PUBLIC_URL.

import { Type } from 'typebox';
import type { AddRoutes } from '../app-type.ts';
import { Url } from '../schemas/common.ts';

const OPEN = { access: { open: true as const } };
const PATH = '/.well-known/authzen-configuration';
const Metadata = Type.Object({
  policy_decision_point: Url,
  access_evaluation_endpoint: Url,
  access_evaluations_endpoint: Url,
  search_subject_endpoint: Url,
  search_resource_endpoint: Url,
  search_action_endpoint: Url,
});

export const addDiscoveryRoutes: AddRoutes = (app, deps) => {
  const { public_url } = deps.config;
  const metadata = {
    policy_decision_point: public_url,
    access_evaluation_endpoint: `${public_url}/access/v1/evaluation`,
    access_evaluations_endpoint: `${public_url}/access/v1/evaluations`,
    search_subject_endpoint: `${public_url}/access/v1/search/subject`,
    search_resource_endpoint: `${public_url}/access/v1/search/resource`,
    search_action_endpoint: `${public_url}/access/v1/search/action`,
  };
  const schema = {
    operationId: 'getAuthzenMetadata',
    summary: 'What the evaluation and search endpoints are (AuthZEN)',
    tags: ['discovery'],
    response: { 200: Metadata },
  };
  app.get(PATH, { config: OPEN, schema }, () => metadata);
  // Where PUBLIC_URL has a path, the document is below the host, the path behind (section 9.2).
  const { pathname } = new URL(public_url);
  if (pathname === '/') return;
  app.get(`${PATH}${pathname}`, { config: OPEN, schema: { hide: true, response: { 200: Metadata } } }, () => metadata);
};
