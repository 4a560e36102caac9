import { resolve } from 'node:path';
import { parseManifest, type Manifest } from '@kedge/core';
import { verifyPath, type VerifyFinding } from '@kedge/store';
import type { Command } from '../command.js';
import { anchorProgress } from '../anchor/anchorProgress.js';
import { humanBytes } from '../human.js';
import { keccak256 } from '../keccak256.js';
import { exitCodes } from '../output.js';
import { argument } from '../parse.js';
import { plainText } from '../plainText.js';
import { readJson } from '../target.js';

export const anchorVerify: Command = {
  name: 'anchor verify',
  summary: 'compare a file or folder with its manifest, to the byte',
  description:
    'Reads a file or folder and compares every chunk with the manifest that was written when it was anchored. Names the ' +
    'file, the chunk and the byte range where they differ, and what is missing or was added. Exits with 1 when anything ' +
    'differs. Needs neither the chain nor the content store, and so believes the manifest: one that is not yours says what ' +
    'its class is only if CID and Merkle root are those in the metadata of the class.',
  arguments: [
    { name: 'manifest', summary: 'the manifest that kedge anchor wrote' },
    { name: 'path', summary: 'the file or folder to compare' },
  ],
  options: [],
  examples: [{ command: 'kedge anchor verify my-data.kedge.json ./my-data', summary: 'find a changed byte' }],
  run: async (context) => {
    const manifest = parseManifest(await readJson(resolve(context.cwd, argument(context, 0))));
    const path = resolve(context.cwd, argument(context, 1));
    const { onProgress, done } = anchorProgress(context.output, 'compared');
    const verification = await verifyPath({ manifest, path, keccak256, onProgress }).finally(done);
    const { ok, findings, files, bytes } = verification;
    context.output.result({ ...verification, manifest: summaryOf(manifest) }, () => [
      ...findings.map((finding) => `✗ ${plainText(describeFinding(finding))}`),
      ...(ok
        ? [
            `✓ ${files} ${files === 1 ? 'file' : 'files'}, ${humanBytes(bytes)}: every byte is as the manifest says`,
            `  CID          ${manifest.cid}`,
            `  Merkle root  ${manifest.merkleRoot}`,
            ...classLines(manifest),
          ]
        : [`✗ ${findings.length} ${findings.length === 1 ? 'difference' : 'differences'} from what was anchored`]),
    ]);
    return ok ? exitCodes.ok : exitCodes.user;
  },
};

/** A manifest can be anybody's, and name any class. */
function classLines({ classId }: Manifest): string[] {
  if (classId === undefined) return [];
  return [
    `The manifest says that this is class ${classId}.`,
    `If it is not your own, compare CID and Merkle root with those of its metadata: kedge class metadata ${classId}`,
  ];
}

function summaryOf({ name, cid, merkleRoot, integrityHash, classId, chainId, contract }: Manifest) {
  return { name, cid, merkleRoot, integrityHash, classId, chainId, contract };
}

function describeFinding(finding: VerifyFinding): string {
  switch (finding.kind) {
    case 'changed': {
      const shown = finding.chunks
        .slice(0, 5)
        .map(({ index, start, end }) => `chunk ${index} (bytes ${start} to ${end - 1})`);
      const more = finding.chunks.length > shown.length ? ` and ${finding.chunks.length - shown.length} more` : '';
      const size =
        finding.size === finding.anchoredSize
          ? ''
          : `; it has ${finding.size} bytes, anchored were ${finding.anchoredSize}`;
      return `${finding.path} changed in ${shown.join(', ')}${more}${size}`;
    }
    case 'missing':
      return `${finding.path} is missing`;
    case 'extra':
      return `${finding.path} was not anchored`;
    case 'refused':
      return `${finding.path} cannot have been anchored: ${finding.detail}`;
    case 'manifest':
      return `the manifest contradicts itself${finding.path === undefined ? '' : ` at ${finding.path}`}: ${finding.detail}`;
  }
}
