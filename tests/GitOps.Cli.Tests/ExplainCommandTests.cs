using System.Text.Json;
using GitOps.TestKit;

namespace GitOps.Cli.Tests;

public sealed class ExplainCommandTests
{
    [Fact]
    public async Task Help_says_what_it_is_for()
    {
        var result = await GitOpsRun.RunAsync(null, "explain", "--help");
        Assert.Equal(0, result.ExitCode);
        Golden.Verify("help-explain.txt", result.Output.Replace("gitops.dll", "gitops", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Volume")]
    [InlineData("volume.retention")]
    [InlineData("Volume.spec.onFull")]
    [InlineData("Device.desired.onRollback")]
    [InlineData("EdgeNode.metadata.labels")]
    [InlineData("Workload.pod.objects")]
    [InlineData("Workload.pod.objects.spec.containers.livenessProbe")]
    [InlineData("Workload.compose.inline.services.healthcheck")]
    public async Task A_kind_or_field_is_explained(string question)
    {
        var result = await GitOpsRun.RunAsync(null, "explain", question);
        Assert.Equal(0, result.ExitCode);
        Golden.Verify($"explain/{question}.txt", result.Output);
    }

    [Fact]
    public async Task Without_a_question_the_kinds_are_listed()
    {
        var result = await GitOpsRun.RunAsync(null, "explain");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("A directory that outlives the workloads that use it.", result.Output, StringComparison.Ordinal);
        Assert.Contains("TimeSync", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recursively_the_fields_of_fields_are_there_for_programs()
    {
        var result = await GitOpsRun.RunAsync(null, "explain", "Workload", "--recursive", "--output", "json");
        using var document = JsonDocument.Parse(result.Output);
        var process = document.RootElement.GetProperty("fields").EnumerateArray().Single(field => field.GetProperty("path").GetString() == "Workload.process");
        var backoff = process.GetProperty("fields").EnumerateArray().Single(field => field.GetProperty("path").GetString() == "Workload.process.backoff");
        Assert.Equal(["Workload.process.backoff.initial", "Workload.process.backoff.max"],
            backoff.GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("path").GetString()!));
    }

    [Theory]
    [InlineData("Volum", "did you mean Volume?")]
    [InlineData("Volume.sise", "did you mean Volume.size?")]
    [InlineData("Volume.size.unit", "Volume.size has no fields")]
    [InlineData("Rollout", "not enforced yet")]
    public async Task What_is_not_there_is_wrong_usage_and_suggests_what_is(string question, string said)
    {
        var result = await GitOpsRun.RunAsync(null, "explain", question);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Completion_knows_the_fields() =>
        Assert.Contains("Volume.retention",
            (await GitOpsRun.RunAsync(null, "[suggest:21]", "gitops explain Volume.")).Output, StringComparison.Ordinal);
}
