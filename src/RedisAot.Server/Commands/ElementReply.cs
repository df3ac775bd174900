using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>Elements of collections as replies.</summary>
internal static class ElementReply
{
    /// <summary>Replies with an element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ReplyWriter reply, ListpackValue element)
    {
        if (element.IsInteger)
            reply.BulkInteger(element.Integer);
        else
            reply.Bulk(element.Bytes);
    }
}
