using System.Text;

namespace RedisAot.Server.Commands;

/// <summary>The reply of every <c>HELP</c> subcommand.</summary>
internal static unsafe class HelpReply
{
    /// <summary>The row of a container's HELP.</summary>
    /// <param name="group">The container's group.</param>
    /// <param name="since">The version that brought it.</param>
    /// <param name="handler">Calls <see cref="Write"/>.</param>
    /// <param name="categories">The container's categories.</param>
    public static CommandRow Row(
        CommandGroup group, string since, delegate*<CommandContext, void> handler, AclCategories categories = AclCategories.None) =>
        new("help", 2, handler)
        {
            Group = group, Since = since, Flags = CommandFlags.Loading | CommandFlags.Stale, Categories = categories,
            Summary = "Show helpful text about the different subcommands",
            Complexity = "O(1)",
        };

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
