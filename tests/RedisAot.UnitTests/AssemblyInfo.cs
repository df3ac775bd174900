using Xunit;

// The native heap is one per process and single-threaded, so tests that allocate from it may not run at the same time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
