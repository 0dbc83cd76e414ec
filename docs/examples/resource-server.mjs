// A resource server in plain Node, with nothing installed: whoever holds `contents:read` (or the classic scope `repo`) is let in.
// GATEHOUSE=http://127.0.0.1:8080 CLIENT_ID=client_… CLIENT_SECRET=gthc_… PORT=3000 node resource-server.mjs
import { createServer } from 'node:http';

const { GATEHOUSE, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const authorization = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`;

async function introspect(token) {
  const answer = await fetch(`${GATEHOUSE}/oauth/introspect`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ token }),
    signal: AbortSignal.timeout(5000),
  });
  if (!answer.ok) throw new Error(`introspection was answered with ${answer.status}`);
  return answer.json();
}

async function answer(request, response) {
  const [, token = ''] = /^(?:Bearer|token) +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const found = token === '' ? { active: false } : await introspect(token);
  if (!found.active) return response.writeHead(401, { 'www-authenticate': 'Bearer realm="example"' }).end('Bad credentials\n');
  const may = found.scope.split(' ').some((scope) => ['contents:read', 'contents:write', 'repo'].includes(scope));
  if (!may) return response.writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }).end('No\n');
  response.end(`Hello ${found.username}, here are the contents\n`);
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(503, { 'retry-after': '1' }).end('Try again\n')); // no answer is no yes
}).listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
