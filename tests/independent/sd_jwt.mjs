// Verifies selective presentations with an implementation that this project did not write: @sd-jwt/sd-jwt-vc of the
// OpenWallet Foundation. Reads {"keys": {kid: JWK}, "lists": {URL: token}, "types": {URL: JSON}, "presentations":
// [{"text": "...", "nonce": "..." or null}]} from standard input, prints one answer a presentation. Nothing is fetched.
import {createHash, createPublicKey, verify} from 'node:crypto';
import {text} from 'node:stream/consumers';

import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const {keys, lists, types, presentations} = JSON.parse(await text(process.stdin));
const headerOf = token => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));

function verifies(data, signature, jwk) {
  const key = createPublicKey({key: jwk, format: 'jwk'});
  const bytes = Buffer.from(signature, 'base64url');
  return jwk.kty === 'OKP' ?
    verify(null, Buffer.from(data), key, bytes) :
    verify('sha256', Buffer.from(data), {key, dsaEncoding: 'ieee-p1363'}, bytes);
}

const library = new SDJwtVcInstance({
  hasher: data => createHash('sha256').update(typeof data === 'string' ? data : Buffer.from(data)).digest(),
  hashAlg: 'sha-256',
  verifier: (data, signature) => verifies(data, signature, keys[headerOf(data).kid]),
  kbVerifier: (data, signature, payload) => verifies(data, signature, payload.cnf.jwk),
  statusVerifier: (data, signature) => verifies(data, signature, keys[headerOf(data).kid]),
  statusListFetcher: async uri => lists[uri],
  loadTypeMetadataFormat: true,
  vctFetcher: async uri => types[uri],
});

const answers = [];
for(const {text: presentation, nonce} of presentations) {
  try {
    const {payload, kb} = await library.verify(presentation, nonce ? {keyBindingNonce: nonce} : {});
    answers.push({payload, kb: kb?.payload ?? null});
  } catch(error) {
    answers.push({error: error.message});
  }
}
console.log(JSON.stringify(answers));
