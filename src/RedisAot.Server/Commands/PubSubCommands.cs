using RedisAot.Server.Clients;
using RedisAot.Server.PubSub;
using RedisAot.Server.Text;

namespace RedisAot.Server.Commands;

/// <summary>Publish and subscribe. See https://redis.io/docs/latest/commands/?group=pubsub.</summary>
internal static unsafe class PubSubCommands
{
    private static void Subscribe(CommandContext c) => Subscribe(c, SubscriptionKind.Channel);

    private static void PSubscribe(CommandContext c) => Subscribe(c, SubscriptionKind.Pattern);

    private static void SSubscribe(CommandContext c) => Subscribe(c, SubscriptionKind.Shard);

    private static void Unsubscribe(CommandContext c) => Unsubscribe(c, SubscriptionKind.Channel);

    private static void PUnsubscribe(CommandContext c) => Unsubscribe(c, SubscriptionKind.Pattern);

    private static void SUnsubscribe(CommandContext c) => Unsubscribe(c, SubscriptionKind.Shard);

    private static void Subscribe(CommandContext c, SubscriptionKind kind)
    {
        for (int i = 1; i < c.ArgCount; i++)
            c.Server.PubSub.Subscribe(c.Client, kind, c[i]);
    }

    private static void Unsubscribe(CommandContext c, SubscriptionKind kind)
    {
        if (c.ArgCount == 1)
            c.Server.PubSub.UnsubscribeAll(c.Client, kind, confirm: true);
        for (int i = 1; i < c.ArgCount; i++)
            c.Server.PubSub.Unsubscribe(c.Client, kind, c[i]);
    }

    private static void Publish(CommandContext c) => Publish(c, shard: false);

    private static void SPublish(CommandContext c) => Publish(c, shard: true);

    private static void Publish(CommandContext c, bool shard)
    {
        int receivers = c.Server.PubSub.Publish(c[1], c[2], shard);
        c.Effects.ForceToReplicas();
        c.Reply.Integer(receivers);
    }

    private static void Channels(CommandContext c) => ListTopics(c, SubscriptionKind.Channel);

    private static void ShardChannels(CommandContext c) => ListTopics(c, SubscriptionKind.Shard);

    private static void ListTopics(CommandContext c, SubscriptionKind kind)
    {
        if (c.ArgCount > 3)
        {
            c.SubcommandSyntaxError();
            return;
        }
        nint mark = c.Reply.BeginDeferred();
        long count = 0;
        foreach (byte* address in c.Server.PubSub.TableOf(kind))
        {
            ReadOnlySpan<byte> name = new Topic(address).Name;
            if (c.ArgCount == 3 && !Glob.IsMatch(c[2], name))
                continue;
            c.Reply.Bulk(name);
            count++;
        }
        c.Reply.EndDeferredArray(mark, count);
    }

    private static void NumSub(CommandContext c) => CountSubscribers(c, SubscriptionKind.Channel);

    private static void ShardNumSub(CommandContext c) => CountSubscribers(c, SubscriptionKind.Shard);

    private static void CountSubscribers(CommandContext c, SubscriptionKind kind)
    {
        c.Reply.ArrayHeader((c.ArgCount - 2) * 2);
        for (int i = 2; i < c.ArgCount; i++)
        {
            Topic topic = c.Server.PubSub.TableOf(kind).Find(c[i]);
            c.Reply.Bulk(c[i]);
            c.Reply.Integer(topic.IsNull ? 0 : topic.Clients.Count);
        }
    }

    private static void NumPat(CommandContext c)
    {
        if (c.ArgCount == 2)
            c.Reply.Integer(c.Server.PubSub.TableOf(SubscriptionKind.Pattern).Count);
        else
            c.SubcommandSyntaxError();
    }

    private static void Help(CommandContext c) => HelpReply.Write(
        c,
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)");

    internal static void Register(CommandTable table)
    {
        table.Add(new("psubscribe", -2, &PSubscribe)
        {
            Group = CommandGroup.PubSub, Since = "2.0.0",
            Flags = CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
            Channels = ChannelArguments.AllPatterns,
            Summary = "Listen for messages published to channels matching the given patterns",
            Complexity = "O(N) where N is the number of patterns the client is already subscribed to.",
            Arguments = "pattern{pattern:pattern}...",
        });

        table.Add(new("publish", 3, &Publish)
        {
            Group = CommandGroup.PubSub, Since = "2.0.0",
            Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.MayReplicate,
            Channels = ChannelArguments.First,
            Summary = "Post a message to a channel",
            Complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total " +
                "number of subscribed patterns (by any client).",
            Arguments = "channel message",
        });

        table.Add(new("pubsub", -2, null)
        {
            Group = CommandGroup.PubSub, Since = "2.8.0",
            Summary = "A container for Pub/Sub commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("channels", -2, &Channels)
                {
                    Group = CommandGroup.PubSub, Since = "2.8.0",
                    Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "List active channels",
                    Complexity = "O(N) where N is the number of active channels, and assuming constant time pattern " +
                        "matching (relatively short channels and patterns)",
                    Arguments = "[pattern:pattern]",
                },
                HelpReply.Row(CommandGroup.PubSub, "6.2.0", &Help),
                new("numpat", 2, &NumPat)
                {
                    Group = CommandGroup.PubSub, Since = "2.8.0",
                    Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Get the count of unique patterns pattern subscriptions",
                    Complexity = "O(1)",
                },
                new("numsub", -2, &NumSub)
                {
                    Group = CommandGroup.PubSub, Since = "2.8.0",
                    Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Get the count of subscribers for channels",
                    Complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
                    Arguments = "[channel...]",
                },
                new("shardchannels", -2, &ShardChannels)
                {
                    Group = CommandGroup.PubSub, Since = "7.0.0",
                    Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "List active shard channels",
                    Complexity = "O(N) where N is the number of active shard channels, and assuming constant time pattern " +
                        "matching (relatively short shard channels).",
                    Arguments = "[pattern:pattern]",
                },
                new("shardnumsub", -2, &ShardNumSub)
                {
                    Group = CommandGroup.PubSub, Since = "7.0.0",
                    Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale,
                    Summary = "Get the count of subscribers for shard channels",
                    Complexity = "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
                    Arguments = "[shardchannel...]",
                },
            ],
        });

        table.Add(new("punsubscribe", -1, &PUnsubscribe)
        {
            Group = CommandGroup.PubSub, Since = "2.0.0",
            Flags = CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
            Summary = "Stop listening for messages posted to channels matching the given patterns",
            Complexity = "O(N+M) where N is the number of patterns the client is already subscribed and M is the number of " +
                "total patterns subscribed in the system (by any client).",
            Arguments = "[pattern:pattern...]",
        });

        table.Add(new("spublish", 3, &SPublish)
        {
            Group = CommandGroup.PubSub, Since = "7.0.0",
            Flags = CommandFlags.PubSub | CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast |
                CommandFlags.MayReplicate,
            Channels = ChannelArguments.First,
            Summary = "Post a message to a shard channel",
            Complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.",
            Keys = [KeySpec.At(1, KeyFlags.NotKey)],
            Arguments = "shardchannel message",
        });

        table.Add(new("ssubscribe", -2, &SSubscribe)
        {
            Group = CommandGroup.PubSub, Since = "7.0.0",
            Flags = CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
            Channels = ChannelArguments.All,
            Summary = "Listen for messages published to the given shard channels",
            Complexity = "O(N) where N is the number of shard channels to subscribe to.",
            Keys = [KeySpec.At(1, KeyFlags.NotKey).To(-1)],
            Arguments = "shardchannel...",
        });

        table.Add(new("subscribe", -2, &Subscribe)
        {
            Group = CommandGroup.PubSub, Since = "2.0.0",
            Flags = CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
            Channels = ChannelArguments.All,
            Summary = "Listen for messages published to the given channels",
            Complexity = "O(N) where N is the number of channels to subscribe to.",
            Arguments = "channel...",
        });

        table.Add(new("sunsubscribe", -1, &SUnsubscribe)
        {
            Group = CommandGroup.PubSub, Since = "7.0.0",
            Flags = CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
            Summary = "Stop listening for messages posted to the given shard channels",
            Complexity = "O(N) where N is the number of clients already subscribed to a shard channel.",
            Keys = [KeySpec.At(1, KeyFlags.NotKey).To(-1)],
            Arguments = "[shardchannel...]",
        });

        table.Add(new("unsubscribe", -1, &Unsubscribe)
        {
            Group = CommandGroup.PubSub, Since = "2.0.0",
            Flags = CommandFlags.PubSub | CommandFlags.NoScript | CommandFlags.Loading | CommandFlags.Stale,
            Summary = "Stop listening for messages posted to the given channels",
            Complexity = "O(N) where N is the number of clients already subscribed to a channel.",
            Arguments = "[channel...]",
        });
    }
}
