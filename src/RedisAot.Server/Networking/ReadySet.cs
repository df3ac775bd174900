using System.Runtime.InteropServices;

namespace RedisAot.Server.Networking;

/// <summary>Sockets of which the system notes when something comes or can be sent: epoll(7), edge-triggered.</summary>
internal sealed unsafe partial class ReadySet
{
    private const int CloseOnExec = 0x80000;
    private const int ControlAdd = 1;
    private const uint Readable = 1, Writable = 4, Failed = 8, Closed = 0x10, PeerShutDown = 0x2000, EdgeTriggered = 1u << 31;
    private const int MaxEvents = 128;

    private readonly int _descriptor;
    private readonly Event[] _events = GC.AllocateUninitializedArray<Event>(MaxEvents, pinned: true);

    /// <exception cref="IOException">The system refuses another descriptor.</exception>
    public ReadySet()
    {
        _descriptor = Create(CloseOnExec);
        if (_descriptor < 0)
            throw new IOException($"epoll_create1 failed with error {Marshal.GetLastPInvokeError()}.");
    }

    /// <summary>Adds a socket, until it is closed; false when the system has no room for it.</summary>
    public bool TryAdd(int descriptor)
    {
        Event wanted = new() { Mask = Readable | Writable | PeerShutDown | EdgeTriggered, Descriptor = descriptor };
        return Control(_descriptor, ControlAdd, descriptor, &wanted) == 0;
    }

    /// <summary>Waits until there is something; answers how many sockets have changed, 0 after <paramref name="timeoutMs"/>.</summary>
    public int Wait(int timeoutMs)
    {
        fixed (Event* events = _events)
            return Math.Max(0, Wait(_descriptor, events, MaxEvents, timeoutMs));
    }

    /// <summary>The descriptor of one of the sockets that <see cref="Wait(int)"/> has found.</summary>
    public int DescriptorAt(int index) => _events[index].Descriptor;

    /// <summary>Whether that socket takes bytes.</summary>
    public bool IsWritableAt(int index) => (_events[index].Mask & Writable) != 0;

    /// <summary>Whether nothing more will come than what has.</summary>
    public bool IsLastAt(int index) => (_events[index].Mask & (Failed | Closed | PeerShutDown)) != 0;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    private static partial int Control(int set, int operation, int descriptor, Event* wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    private static partial int Wait(int set, Event* events, int maxEvents, int timeoutMs);

    /// <summary>struct epoll_event as x86-64 has it, without padding.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Event
    {
        public uint Mask;
        public int Descriptor;
        public int Unused;
    }
}
