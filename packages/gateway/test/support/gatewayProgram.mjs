// The gateway's program, as tests start it: `node gatewayProgram.mjs --config <file>`.
import { importBuilt } from './builtGateway.mjs';

await importBuilt('gateway.js', 'main.js');
