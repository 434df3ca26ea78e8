// A wallet that this project did not write: @openid4vc/openid4vci of the OpenWallet Foundation fetches a certificate
// from the service on loopback. Arguments: the offer's link, the transaction code, the configurations wanted. Prints
// what it got: {"issuer": "...", "credentials": [...], "wallet": JWK}.
import {createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign} from 'node:crypto';

import {clientAuthenticationAnonymous, setGlobalConfig} from '@openid4vc/oauth2';
import {Openid4vciClient} from '@openid4vc/openid4vci';

setGlobalConfig({allowInsecureUrls: true}); // loopback has no certificate

const [link, txCode, ...configurations] = process.argv.slice(2);
const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});
const publicJwk = publicKey.export({format: 'jwk'});
const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url');
const never = () => { throw new Error('not asked of this wallet'); };

const client = new Openid4vciClient({
  callbacks: {
    hash: (data, alg) => createHash(alg.replace('-', '')).update(data).digest(),
    generateRandom: bytes => randomBytes(bytes),
    clientAuthentication: clientAuthenticationAnonymous(),
    signJwt: async (signer, {header, payload}) => {
      const data = `${encode(header)}.${encode(payload)}`;
      const key = createPrivateKey({key: privateKey.export({format: 'jwk'}), format: 'jwk'});
      const signature = sign('sha256', Buffer.from(data), {key, dsaEncoding: 'ieee-p1363'});
      return {jwt: `${data}.${signature.toString('base64url')}`, signerJwk: publicJwk};
    },
    verifyJwt: never, decryptJwe: never, encryptJwe: never,
  },
});

const credentialOffer = await client.resolveCredentialOffer(link);
const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer);
const {accessTokenResponse} = await client.retrievePreAuthorizedCodeAccessTokenFromOffer(
  {credentialOffer, issuerMetadata, txCode});
const credentials = [];
for(const credentialConfigurationId of configurations) {
  const {c_nonce: nonce} = await client.requestNonce({issuerMetadata});
  const {jwt} = await client.createCredentialRequestJwtProof({
    issuerMetadata, credentialConfigurationId, nonce, signer: {method: 'jwk', alg: 'ES256', publicJwk}});
  const {credentialResponse} = await client.retrieveCredentials({
    issuerMetadata, credentialConfigurationId, proofs: {jwt: [jwt]},
    accessToken: accessTokenResponse.access_token});
  credentials.push(...credentialResponse.credentials.map(({credential}) => credential));
}
console.log(JSON.stringify({issuer: credentialOffer.credential_issuer, credentials, wallet: publicJwk}));
