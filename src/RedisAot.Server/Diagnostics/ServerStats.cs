using RedisAot.Server.Acl;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Diagnostics;

/// <summary>The counters behind INFO stats. Changed under the execution lock, but for the input bytes.</summary>
public sealed class ServerStats
{
    // Official stops counting by kind when a script makes up error codes without end.
    private const int MaxErrorKinds = 128;

    private readonly Dictionary<byte[], long> _errors = new(ByteStringComparer.Instance);
    private long _inputBytes;
    private long _outputBytes;

    /// <summary>Commands run.</summary>
    public long CommandsProcessed { get; set; }

    /// <summary>Replicas that were sent a whole snapshot, or are to be.</summary>
    public long FullSynchronizations { get; set; }

    /// <summary>Replicas that could not go on where they were.</summary>
    public long RefusedPartialSynchronizations { get; set; }

    /// <summary>Bytes of snapshots sent to replicas.</summary>
    public long ReplicationOutputBytes { get; set; }

    /// <summary>Connections accepted.</summary>
    public long ConnectionsReceived { get; set; }

    /// <summary>Connections refused because of maxclients.</summary>
    public long ConnectionsRejected { get; set; }

    /// <summary>Reads that found their key.</summary>
    public long KeyspaceHits { get; set; }

    /// <summary>Reads that found nothing.</summary>
    public long KeyspaceMisses { get; set; }

    /// <summary>Keys deleted because their time had come.</summary>
    public long ExpiredKeys { get; set; }

    /// <summary>Fields of hashes deleted because their time had come.</summary>
    public long ExpiredFields { get; set; }

    /// <summary>Those of them that went by themselves, not because a command came upon them.</summary>
    public long ExpiredFieldsUnasked { get; set; }

    /// <summary>Times that expiry used up its slice and went on in the next one.</summary>
    public long ExpiredTimeCapReached { get; set; }

    /// <summary>Time spent in expiring keys, µs.</summary>
    public long ExpireMicroseconds { get; set; }

    /// <summary>Since when memory has been above maxmemory, Unix ms; 0: it is not.</summary>
    public long EvictionExceededSinceMs { get; private set; }

    /// <summary>How long memory has been above maxmemory in the times that are over, ms.</summary>
    public long EvictionExceededMs { get; private set; }

    /// <summary>Keys deleted to keep maxmemory.</summary>
    public long EvictedKeys { get; set; }

    /// <summary>Clients closed to keep maxmemory-clients.</summary>
    public long EvictedClients { get; set; }

    /// <summary>Clients closed because of client-query-buffer-limit.</summary>
    public long QueryBufferLimitDisconnections { get; set; }

    /// <summary>Clients closed because of client-output-buffer-limit.</summary>
    public long OutputBufferLimitDisconnections { get; set; }

    /// <summary>Log-ins that failed.</summary>
    public long DeniedLogins { get; private set; }

    /// <summary>Requests denied because of their command.</summary>
    public long DeniedCommands { get; private set; }

    /// <summary>Requests denied because of a key.</summary>
    public long DeniedKeys { get; private set; }

    /// <summary>Requests denied because of a channel.</summary>
    public long DeniedChannels { get; private set; }

    /// <summary>Requests denied because of a database.</summary>
    public long DeniedDatabases { get; private set; }

    /// <summary>Error replies.</summary>
    public long ErrorReplies { get; private set; }

    /// <summary>Error replies by their first word.</summary>
    public IReadOnlyDictionary<byte[], long> Errors => _errors;

    /// <summary>Bytes received.</summary>
    public long InputBytes => Volatile.Read(ref _inputBytes);

    /// <summary>Bytes of replies.</summary>
    public long OutputBytes => Volatile.Read(ref _outputBytes);

    /// <summary>Receive events handled.</summary>
    public long ReadsProcessed { get; private set; }

    /// <summary>Batches whose replies were sent.</summary>
    public long WritesProcessed { get; private set; }

    /// <summary>Counts what a user was denied.</summary>
    internal void CountDenial(DenialReason reason)
    {
        switch (reason)
        {
            case DenialReason.Auth:
                DeniedLogins++;
                break;
            case DenialReason.Command:
                DeniedCommands++;
                break;
            case DenialReason.Key:
                DeniedKeys++;
                break;
            case DenialReason.Channel:
                DeniedChannels++;
                break;
        }
    }

    /// <summary>Notes whether memory is above maxmemory.</summary>
    public void NoteEviction(bool exceeded, long nowMs)
    {
        if (exceeded == (EvictionExceededSinceMs != 0))
            return;
        if (!exceeded)
            EvictionExceededMs += nowMs - EvictionExceededSinceMs;
        FullSynchronizations = RefusedPartialSynchronizations = ReplicationOutputBytes = 0;
        EvictionExceededSinceMs = exceeded ? nowMs : 0;
    }

    /// <summary>How long memory has been above maxmemory without a break until now, ms.</summary>
    public long CurrentEvictionExceededMs(long nowMs) => EvictionExceededSinceMs == 0 ? 0 : nowMs - EvictionExceededSinceMs;

    /// <summary>Most memory that was in use when anybody looked, in bytes. Not reset.</summary>
    public long PeakMemory { get; private set; }

    /// <summary>Notes how much memory is in use.</summary>
    public void NoteMemory(long used) => PeakMemory = Math.Max(PeakMemory, used);

    /// <summary>Counts received bytes; may be called without the lock.</summary>
    public void AddInput(int bytes)
    {
        Interlocked.Add(ref _inputBytes, bytes);
        ReadsProcessed++;
    }

    /// <summary>Counts bytes of replies.</summary>
    public void AddOutput(long bytes)
    {
        if (bytes == 0)
            return;
        _outputBytes += bytes;
        WritesProcessed++;
    }

    /// <summary>Counts an error reply.</summary>
    public void CountError(ReadOnlySpan<byte> prefix)
    {
        ErrorReplies++;
        Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> errors = _errors.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (errors.TryGetValue(prefix, out long count))
            errors[prefix] = count + 1;
        else if (_errors.Count < MaxErrorKinds)
            errors[prefix] = 1;
    }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void Reset()
    {
        CommandsProcessed = ConnectionsReceived = ConnectionsRejected = KeyspaceHits = KeyspaceMisses = 0;
        ExpiredKeys = ExpiredFields = ExpiredFieldsUnasked = ExpiredTimeCapReached = EvictedKeys = EvictedClients = 0;
        EvictionExceededSinceMs = EvictionExceededMs = 0;
        QueryBufferLimitDisconnections = OutputBufferLimitDisconnections = ErrorReplies = 0;
        DeniedLogins = DeniedCommands = DeniedKeys = DeniedChannels = DeniedDatabases = 0;
        ReadsProcessed = WritesProcessed = _outputBytes = 0;
        Interlocked.Exchange(ref _inputBytes, 0);
        _errors.Clear();
    }
}
