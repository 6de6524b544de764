using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using GitOps.Benchmarks.Measuring;
using GitOps.Manifests;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Compile;

namespace GitOps.Benchmarks.Compile;

/// <summary>
/// One base and 200 variants of it: 200 runs of <c>kubectl kustomize</c>, whole and without what an empty run takes, beside a
/// fleet of one Workload and one ConfigFile with the same words on 200 nodes with the same values, compiled from nothing.
/// </summary>
internal sealed class KustomizeBeside : Benchmark
{
    private const int Variants = 200;

    public override string Name => "kustomize";

    public override string Says => "200 variants of one base: kubectl kustomize beside a cold compile of the same (needs kubectl)";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        WriteBase(directory);
        if (!(await KustomizeAsync(bench, $"{directory}/empty", cancellationToken)).Succeeded)
        {
            Console.Error.WriteLine("   there is no kubectl here: nothing to stand beside");
            yield break;
        }

        var variants = bench.IsQuick ? 5 : Variants;
        var runs = bench.RunsOr(5);
        var files = Fleet(variants).ToArray();
        var (ours, whole) = await Clocked.BesideAsync(
            runs, _ => Task.CompletedTask,
            () => Task.FromResult(Revisions.Expect(FleetCompiler.Compile(files))),
            () => AllAsync(variant => $"{directory}/overlays/{variant}"));
        var empty = await Clocked.OnceAsync(() => AllAsync(_ => $"{directory}/empty"));
        var what = string.Create(CultureInfo.InvariantCulture, $"{variants} variants of one base");
        yield return new Figure(Name, what, "ms", ours.WallMs, whole.WallMs, "kubectl kustomize, one process each", runs);
        yield return new Figure(Name, what, "ms", ours.WallMs, whole.WallMs - empty.WallMs, "kubectl kustomize, without what an empty run takes", runs);
        yield return new Figure(Name, what, "ms cpu", ours.CpuMs, whole.CpuMs - empty.CpuMs, "kubectl kustomize, without what an empty run takes", runs);

        async Task AllAsync(Func<int, string> folder)
        {
            for (var variant = 0; variant < variants; variant++)
            {
                var result = await KustomizeAsync(bench, folder(variant), cancellationToken);
                _ = result.Succeeded ? result : throw new InvalidOperationException($"kubectl kustomize failed: {result.Error}");
            }
        }
    }

    private static Task<CommandResult> KustomizeAsync(BenchContext bench, string folder, CancellationToken cancellationToken) =>
        bench.Commands.RunAsync(new Command(["kubectl", "kustomize", folder]), cancellationToken);

    private static void WriteBase(string directory)
    {
        // It refuses to run on nothing at all.
        Write($"{directory}/empty/kustomization.yaml", "resources: [empty.yaml]\n");
        Write($"{directory}/empty/empty.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: empty}\n");
        Write($"{directory}/base/kustomization.yaml", "resources: [deployment.yaml]\nconfigMapGenerator: [{name: line, literals: [greeting=Welcome]}]\n");
        Write($"{directory}/base/deployment.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: counter}
            spec:
              selector: {matchLabels: {app: counter}}
              template:
                metadata: {labels: {app: counter}}
                spec:
                  containers:
                  - name: counter
                    image: counter:1
                    env: [{name: NUMBER, value: "0"}]
                    envFrom: [{configMapRef: {name: line}}]

            """);
        for (var variant = 0; variant < Variants; variant++)
        {
            Write($"{directory}/overlays/{variant}/kustomization.yaml", Text(
                $$$"""
                resources: [../../base]
                nameSuffix: -n{{{variant}}}
                configMapGenerator: [{name: line, behavior: merge, literals: [contact=line-{{{variant % 12}}}@example.org]}]
                patches:
                - patch: |
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: counter}
                    spec:
                      template:
                        spec:
                          containers: [{name: counter, env: [{name: NUMBER, value: "{{{variant}}}"}]}]

                """));
        }
    }

    private static IEnumerable<SourceFile> Fleet(int variants)
    {
        yield return Source("fleet.yaml",
            """
            apiVersion: gitops.edge/v1
            kind: Fleet
            metadata: {name: kustomize}
            spec: {uid: 7d1f0c1e-52a4-4a0b-9c67-2a3a0a2b6c13, values: {greeting: Welcome}}
            ---
            apiVersion: gitops.edge/v1
            kind: Workload
            metadata: {name: counter}
            spec:
              placement: {all: true}
              process:
                command: [/usr/bin/counter]
                env: {NUMBER: "{{ values.number }}", CONTACT: "{{ values.contact }}", GREETING: "{{ values.greeting }}"}
            ---
            apiVersion: gitops.edge/v1
            kind: ConfigFile
            metadata: {name: line}
            spec: {placement: {all: true}, path: /etc/line, content: "greeting={{ values.greeting }}\ncontact={{ values.contact }}\n"}

            """);
        for (var variant = 0; variant < variants; variant++)
        {
            yield return Source(Text($"nodes/n{variant}.yaml"), Text(
                $$$"""
                apiVersion: gitops.edge/v1
                kind: EdgeNode
                metadata:
                  name: n{{{variant}}}
                spec: {values: {number: {{{variant}}}, contact: line-{{{variant % 12}}}@example.org}}

                """));
        }
    }

    private static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    private static SourceFile Source(string path, string text) => new(path, Encoding.UTF8.GetBytes(text));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
