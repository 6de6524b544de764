using GitOps.Infra.Edge;
using Pulumi;

return await Deployment.RunAsync<EdgeStack>();
