import {NOW, testTable} from './fixture';

const SECOND = 1000;
const after = (ms: number) => new Date(NOW.getTime() + ms);
const from = (ms: number) => ({validity: {notBefore: after(ms), notAfter: after(1000 * SECOND)}});
const until = (ms: number) => ({validity: {notBefore: after(-1000 * SECOND), notAfter: after(ms)}});

describe('checkValidity', () => {
  testTable([
    ['a leaf that begins now', {client: from(0)}, 'accept'],
    ['a leaf that begins in a second', {client: from(SECOND)}, 'ERR_MTLS_NOT_YET_VALID'],
    ['a leaf that ends now', {client: until(0)}, 'accept'],
    ['a leaf that ended a second ago', {client: until(-SECOND)}, 'ERR_MTLS_EXPIRED'],
    ['a leaf that ended a millisecond ago', {client: until(0), now: after(1)}, 'ERR_MTLS_EXPIRED'],
    ['a CA that begins in a second', {issuing: from(SECOND)}, 'ERR_MTLS_NOT_YET_VALID'],
    ['a CA that ended a second ago', {issuing: until(-SECOND)}, 'ERR_MTLS_EXPIRED'],
    ['an anchor that ends now', {root: until(0)}, 'accept'],
    ['an anchor that ended a second ago', {root: until(-SECOND)}, 'ERR_MTLS_EXPIRED'],
    ['an anchor that begins in a second', {root: from(SECOND)}, 'ERR_MTLS_NOT_YET_VALID'],
    ['anything at a time that is none', {now: new Date(NaN)}, 'ERR_MTLS_NOT_YET_VALID'],
  ]);
});
