// Runs before each program of the stack: one that is held back does not begin until the test lets it. So a test decides how long
// a service is down, whatever the machine is busy with.
const { existsSync } = require('node:fs');

const service = /packages\/(\w+)\/dist\/main\.js$/.exec(process.argv[1] ?? '')?.[1];
const file = `${process.env.KEDGE_TEST_GATE}/${service}`;
const clock = new Int32Array(new SharedArrayBuffer(4));
while (existsSync(file)) Atomics.wait(clock, 0, 0, 20);
