using System.Diagnostics;
using GitOps.Platform.Processes;

namespace GitOps.Platform.Tests.Processes;

public sealed class ProcessEndWatchTests
{
    [Fact]
    public async Task The_end_of_a_process_is_told_once_and_of_one_that_is_gone_never()
    {
        using var watch = new ProcessEndWatch();
        using var process = Process.Start("sleep", "1000");
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(watch.Watch(process.Id, told.SetResult)); // a second call would throw
        Assert.True(watch.Watch(process.Id, told.SetResult));
        Assert.False(told.Task.IsCompleted);
        process.Kill();
        await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.False(watch.Watch(process.Id, told.SetResult));
    }
}
