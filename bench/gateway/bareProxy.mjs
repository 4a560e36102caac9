// What does the same work without Kedge: node:http in, undici's dispatch out, bodies streamed.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { options, ready } from './program.mjs';

const pool = new Pool(options.upstream, { connections: 128, pipelining: 1 });
const server = createServer((request, response) => {
  pool.dispatch(
    {
      path: request.url,
      method: request.method,
      body: request,
      headers: { 'content-type': 'application/json', 'content-length': request.headers['content-length'] },
    },
    {
      onRequestStart() {},
      onResponseStart(_, status, { 'content-type': type, 'content-length': length }) {
        response.writeHead(status, {
          'content-type': type,
          ...(length === undefined ? {} : { 'content-length': length }),
        });
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd() {
        response.end();
      },
      onResponseError() {
        response.destroy();
      },
    },
  );
});
server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${server.address().port}`));
