using System.Text;

namespace RedisAot.Server.Commands;

/// <summary>The reply of every <c>HELP</c> subcommand.</summary>
internal static class HelpReply
{
    /// <summary>Writes a headline, the lines of the container, and the two lines about HELP itself.</summary>
    /// <param name="c">The call of HELP; its first argument is the container's name, as the client wrote it.</param>
    /// <param name="lines">Syntax and indented explanation of the subcommands, in ASCII.</param>
    public static void Write(CommandContext c, params ReadOnlySpan<string> lines)
    {
        var reply = c.Reply;
        reply.ArrayHeader(lines.Length + 3);
        reply.Raw("+"u8);
        foreach (var b in c[0])
            reply.Raw([b is >= (byte)'a' and <= (byte)'z' ? (byte)(b - 0x20) : b]);
        reply.Raw(" <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"u8);

        foreach (var line in lines)
            reply.SimpleString(Encoding.ASCII.GetBytes(line));
        reply.SimpleString("HELP"u8);
        reply.SimpleString("    Prints this help."u8);
    }
}
