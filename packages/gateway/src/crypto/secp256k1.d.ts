declare module 'secp256k1' {
  const secp256k1: {
    privateKeyVerify(key: Uint8Array): boolean;
    publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
    ecdsaRecover(signature: Uint8Array, recid: number, digest: Uint8Array, compressed: boolean): Uint8Array;
    ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  };
  export default secp256k1;
}
