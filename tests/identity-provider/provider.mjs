// An OpenID provider for the stories: the certified oidc-provider with people of our own.
//
//   node provider.mjs <folder with node_modules> <redirect address>
//
// It says its issuer on the first line of standard output. PUT /people/<login> with
// {"name", "email", "groups"} adds or changes somebody, DELETE removes them.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, redirect] = process.argv.slice(2);
const found = createRequire(`${folder}/`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found));

const people = new Map();

const read = async (request) => {
  let text = '';
  for await (const part of request) text += part;
  return JSON.parse(text);
};

const configuration = {
  clients: [{
    client_id: 'countersign',
    client_secret: 'secret-of-the-client',
    redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'],
  }],
  claims: { openid: ['sub'], profile: ['name'], email: ['email'], groups: ['groups'] },
  scopes: ['openid', 'offline_access'],
  pkce: { required: () => true },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  findAccount: async (_, id) => people.has(id) ? {
    accountId: id,
    claims: async () => ({ sub: id, ...people.get(id) }),
  } : undefined,
  cookies: { keys: ['a key of the stories'] },
  features: { devInteractions: { enabled: true } },
};

let answer;
const server = createServer(async (request, response) => {
  const login = request.url.match(/^\/people\/(.*)$/)?.[1];
  if (login === undefined) return answer(request, response);
  if (request.method === 'PUT') people.set(login, await read(request));
  else people.delete(login);
  response.writeHead(204).end();
});
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  answer = new Provider(issuer, configuration).callback();
  console.log(issuer);
});
