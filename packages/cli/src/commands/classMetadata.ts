import { resolve } from 'node:path';
import { BaseError, integrityHashOf } from '@kedge/core';
import { connect } from '../chain/connect.js';
import { readMetadata } from '../chain/readMetadata.js';
import { readStoredJson } from '../chain/readStoredJson.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { contentStoreOf } from '../contentStoreOf.js';
import { keccak256 } from '../keccak256.js';
import { argument, parseInteger } from '../parse.js';

export const classMetadata: Command = {
  name: 'class metadata',
  summary: 'show the metadata of a class, or correct it',
  description:
    'Prints the metadata of a class from the content store, if they have the hash that is on chain; given a JSON file, puts that in its place, as the issuer. Its hash ' +
    'goes on chain and everyone sees the event. The data itself and its manifest stay what they were anchored as: what ' +
    'derives from other bytes is a new class.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'file', summary: 'the whole metadata as JSON, corrected; without it nothing is changed', optional: true },
  ],
  options: accountOptions,
  examples: [
    { command: 'kedge class metadata 1 > metadata.json', summary: 'as it is' },
    { command: 'kedge class metadata 1 metadata.json', summary: 'as it should be' },
  ],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const file = context.arguments[1];
    const connection = await connect(context);
    const before = await connection.client.getClass({ classId });
    if (file === undefined) {
      const { metadataURI, integrityHash } = before;
      const metadata = await readStoredJson(connection.dataDir, metadataURI);
      const hash = integrityHashOf(metadata, keccak256);
      if (hash !== integrityHash) {
        throw new BaseError(`What class ${classId} names as its metadata is not what the chain has the hash of.`, {
          code: 'metadata_differs',
          values: { metadataURI, integrityHash, found: hash },
          hints: ['Believe nothing that it says; its issuer corrects it with: kedge class metadata <classId> <file>'],
        });
      }
      context.output.result({ classId, metadataURI, integrityHash, metadata }, () => JSON.stringify(metadata, null, 2));
      return;
    }
    const metadata = await readMetadata(resolve(context.cwd, file));
    const store = contentStoreOf(connection.dataDir);
    const metadataURI = `ipfs://${await store.putJson(metadata, { sync: 'each' })}`;
    const integrityHash = integrityHashOf(metadata, keccak256);
    const asked = { classId, metadataURI, integrityHash, before: before.metadataURI };
    if (metadataURI === before.metadataURI && integrityHash === before.integrityHash) {
      context.output.result({ ...asked, transactionHash: null }, () => [
        `the metadata of class ${classId} is as in ${file} already: nothing was sent`,
        `  integrity hash  ${integrityHash}`,
        `  metadata        ${metadataURI}`,
      ]);
      return;
    }
    const { signer, write } = await resolveWriter(context, connection, before.issuer);
    const { transactionHash } = await write('correct the metadata', (client) =>
      client.updateClassMetadata({ classId, metadataURI, integrityHash }),
    );
    context.output.result({ ...asked, transactionHash }, () => [
      `the metadata of class ${classId} is corrected`,
      `  integrity hash  ${integrityHash}`,
      `  metadata        ${metadataURI}`,
      `  before          ${before.metadataURI}`,
      `  signed by       ${signer.label}`,
    ]);
  },
};
