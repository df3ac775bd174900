using System.Text;
using RedisAot.Server.Networking;

namespace RedisAot.Server.Clients;

/// <summary>The line about a client in CLIENT LIST, CLIENT INFO and the log.</summary>
internal static class ClientDescription
{
    /// <summary>The line, without its newline. See https://redis.io/docs/latest/commands/client-list/.</summary>
    public static string Of(Client client, long nowMs)
    {
        Connection? connection = client.Connection;
        long queueBytes = client.Transaction?.QueuedBytes ?? 0;
        long output = connection?.PendingOutputBytes ?? 0;
        long inputLength = connection?.UnparsedBytes ?? 0;
        long idleMs = nowMs - client.LastInteractionMs;
        long inputRoom = Math.Max(connection?.InputCapacity ?? 0, client.BufferUse.QueryRoom(nowMs, idleMs));
        long memory = MemoryOf(client) + client.CurrentArgumentBytes - client.ArgumentBytes;
        long inputFree = Math.Max(0, inputRoom - inputLength);
        return $"id={client.Id} addr={connection?.RemoteAddress} laddr={connection?.LocalAddress} fd={connection?.Descriptor ?? -1} " +
            $"name={Text(client.Name)} age={(nowMs - client.CreatedMs) / 1000} idle={idleMs / 1000} " +
            $"flags={FlagsOf(client)} db={client.Database.Id} sub={client.Subscriptions?.ChannelCount ?? 0} " +
            $"psub={client.Subscriptions?.PatternCount ?? 0} ssub={client.Subscriptions?.ShardCount ?? 0} " +
            $"multi={(client.InMulti ? client.Transaction!.Count : -1)} qbuf={inputLength} qbuf-free={inputFree} " +
            $"argv-mem={client.CurrentArgumentBytes} multi-mem={queueBytes} rbs={client.BufferUse.ReplyRoom(nowMs)} " +
            $"rbp={client.BufferUse.ReplyPeak(nowMs)} obl=0 " +
            $"oll={connection?.PendingOutputBuffers ?? 0} omem={output} tot-mem={memory} events={(output > 0 ? "rw" : "r")} " +
            $"cmd={client.LastCommand?.FullName ?? "NULL"} user={Text(client.User.Name)} redir={client.Tracking?.RedirectId ?? -1} resp={client.Protocol}";
    }

    /// <summary>Bytes that the client costs, its buffers included.</summary>
    public static long MemoryOf(Client client) =>
        Client.SessionBytes + (client.Connection?.InputCapacity ?? 0) + (client.Connection?.OutputCapacity ?? 0)
            + client.ArgumentBytes + (client.Transaction?.AllocatedBytes ?? 0) + (client.Subscriptions?.Bytes ?? 0) + (client.Tracking?.Bytes ?? 0);

    /// <summary>The letters of the flags field.</summary>
    public static string FlagsOf(Client client)
    {
        StringBuilder flags = new();
        if (client.IsMonitor)
            flags.Append('O');
        if (client.IsReplica)
            flags.Append('S');
        if (client.SubscriptionCount > 0)
            flags.Append('P');
        if (client.InMulti)
            flags.Append('x');
        if (client.Blocked != BlockReason.None)
            flags.Append('b');
        if (client.Tracking != null)
            flags.Append('t');
        if (client.Tracking is { IsRedirectBroken: true })
            flags.Append('R');
        if (client.Tracking is { IsBroadcast: true })
            flags.Append('B');
        if (client.Transaction is { IsMarkedTouched: true })
            flags.Append('d');
        if (client.CloseAfterReply)
            flags.Append('c');
        if (client.Connection is { IsUnixSocket: true })
            flags.Append('U');
        if (client.NoEvict)
            flags.Append('e');
        if (client.NoTouch)
            flags.Append('T');
        return flags.Length == 0 ? "N" : flags.ToString();
    }

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}
