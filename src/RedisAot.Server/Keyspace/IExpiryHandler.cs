namespace RedisAot.Server.Keyspace;

/// <summary>What the owner of an <see cref="ExpiryWheel"/> does with a hash whose bucket has come up.</summary>
internal interface IExpiryHandler
{
    /// <summary>Hashes that will be visited next: starts loading what <see cref="Visit"/> will read for them.</summary>
    void PrefetchNext(ReadOnlySpan<ulong> keyHashes);

    /// <summary>Hashes that will be visited after those: starts loading what <see cref="PrefetchNext"/> will read for them.</summary>
    void PrefetchLater(ReadOnlySpan<ulong> keyHashes);

    /// <summary>
    /// Looks up what the hash stands for and expires it if its time has come.
    /// </summary>
    /// <param name="keyHash">The hash, as it was added.</param>
    /// <param name="latestDueMs">
    /// The latest due time that a record of this bucket stands for. An entry due later has a record of its own (see
    /// <see cref="ExpiryWheel.Covers"/>), and this one is stale.
    /// </param>
    /// <returns>The due time in Unix ms if the record is to be kept, else <see cref="ExpiryWheel.Gone"/>.</returns>
    long Visit(ulong keyHash, long latestDueMs);
}
