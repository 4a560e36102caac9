// Fastify's own proxy, with its defaults.
import { createRequire } from 'node:module';
import { options, ready } from './program.mjs';

const require = createRequire(new URL('../peers/package.json', import.meta.url));
const app = require('fastify')();
await app.register(require('@fastify/http-proxy'), { upstream: options.upstream });
ready(await app.listen({ port: 0, host: '127.0.0.1' }));
