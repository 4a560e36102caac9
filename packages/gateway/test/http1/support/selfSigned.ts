import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate that signs itself, for a day from yesterday to tomorrow, and its key; both as PEM. */
export function selfSigned(names: { readonly dns: readonly string[]; readonly ip: readonly string[] }): {
  readonly cert: string;
  readonly key: string;
} {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // ecdsa-with-SHA256, 1.2.840.10045.4.3.2
  const algorithm = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex'));
  // commonName, 2.5.4.3
  const name = der(0x30, der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('kedge test')))));
  const day = 86_400_000;
  const validity = der(0x30, utcTime(Date.now() - day), utcTime(Date.now() + day));
  const alternatives = der(
    0x30,
    ...names.dns.map((dns) => der(0x82, Buffer.from(dns))),
    ...names.ip.map((ip) => der(0x87, Buffer.from(ip.split('.').map(Number)))),
  );
  const extensions = der(
    0x30,
    // subjectAltName, 2.5.29.17
    der(0x30, Buffer.from('0603551d11', 'hex'), der(0x04, alternatives)),
    // basicConstraints, 2.5.29.19: a certificate authority
    der(0x30, Buffer.from('0603551d130101ff', 'hex'), der(0x04, Buffer.from('30030101ff', 'hex'))),
  );
  const toSign = der(
    0x30,
    der(0xa0, Buffer.from('020102', 'hex')),
    Buffer.from('020101', 'hex'),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = sign('sha256', toSign, privateKey);
  const certificate = der(0x30, toSign, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(header), content]);
}

function utcTime(time: number): Buffer {
  const text = new Date(time).toISOString().replace(/^\d\d|[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(text));
}
