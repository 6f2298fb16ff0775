/** Canonical text of 4 or 16 octets: dotted decimal, or RFC 5952. */
export function ipText(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.');
  const mapped = octets.readUIntBE(0, 6) === 0 && octets.readUIntBE(6, 6) === 0xffff;
  // RFC 5952 section 5: an IPv4-mapped address keeps its dotted decimals.
  if (mapped) return `::ffff:${octets.subarray(12).join('.')}`;
  const groups = Array.from({length: 8}, (_, index) => octets.readUInt16BE(index * 2));
  const zeros = longestZeroRun(groups);
  if (zeros.length < 2) return hexGroups(groups);
  return `${hexGroups(groups.slice(0, zeros.start))}::${hexGroups(groups.slice(zeros.start + zeros.length))}`;
}

function hexGroups(groups: readonly number[]): string {
  return groups.map(group => group.toString(16)).join(':');
}

/** RFC 5952 section 4.2: `::` stands for the longest run of zero groups, the first one among equals. */
function longestZeroRun(groups: readonly number[]): {readonly start: number; readonly length: number} {
  let longest = {start: 0, length: 0};
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > longest.length) longest = {start, length: index + 1 - start};
  });
  return longest;
}

/** Whether the bits of a network mask are ones followed by zeros (RFC 4632). */
export function isContiguousMask(mask: Buffer): boolean {
  const bits = Array.from(mask, octet => octet.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits);
}
